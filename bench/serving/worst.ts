// A configuration that the model misses → what is known or suspected of it.
import type { MeasuredRow } from './rows.ts'

interface Reason {
  readonly of: (row: MeasuredRow, middle: number) => boolean
  readonly why: string
}

const model = (row: MeasuredRow): string => row.condition.shape.model.id
const gpu = (row: MeasuredRow): string => row.condition.shape.gpu.id
const engine = (row: MeasuredRow): string => row.condition.shape.engine ?? 'vllm'

const reasons: readonly Reason[] = [
  {
    of: (row, middle) => engine(row) === 'sglang' && row.condition.shape.tp === 1 && middle > 0,
    why: 'a 64 GB model on one 80 GB card: SGLang left room for about 7,000 tokens of cache, less than its own formula gives; queueing then sets the rate',
  },
  {
    of: (row, middle) => model(row) === 'llama-3.1-405b' && engine(row) === 'vllm' && middle > 0,
    why: 'vLLM 0.6 of 2024: its rate stops growing at 32 requests in flight while the model and cache leave room for 75',
  },
  {
    of: (row, middle) => gpu(row).startsWith('rtx-pro') && middle < 0,
    why: 'small experts cut over PCIe: the published runs exchange less between cards than the all-reduce kernels measured by themselves',
  },
  {
    of: (row, middle) => model(row) === 'llama-4-maverick' && middle > 0,
    why: 'TensorRT-LLM 1.0 on Hopper runs these experts at half the rate of its Blackwell kernels; the same model is under-predicted there',
  },
  {
    of: (row, middle) => model(row) === 'llama-4-maverick' && middle < 0,
    why: 'the tables do not say how experts are spread; tuned kernels of 1.0 for this model on Blackwell have no kin among the other rows',
  },
  {
    of: (row, middle) => model(row).startsWith('gpt-oss') && middle > 0,
    why: 'MXFP4 experts on Hopper are unpacked to 16 bits; TensorRT-LLM 1.1 did so far slower than its own later versions and vLLM',
  },
  {
    of: row => model(row).startsWith('qwen3-235b') || model(row).startsWith('qwen3-30b'),
    why: '128 narrow experts: the rate turns on how they are cut or spread and on kernels that changed between versions (issue of every simulator: 26 % in the median)',
  },
  {
    of: row => model(row).startsWith('deepseek') || model(row).startsWith('kimi'),
    why: 'multi-head latent attention with experts over 4 or 8 GPUs; single runs with multi-token prediction may hide among these rows',
  },
  {
    of: row => engine(row) === 'sglang',
    why: 'flags of the run are not told: chunk size, share of memory, how often the queue is looked at',
  },
]

export function whyOf(row: MeasuredRow, middle: number): string {
  return reasons.find(reason => reason.of(row, middle))?.why ?? 'not known; the rows say too little of the run'
}
