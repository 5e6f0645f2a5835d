// What this serving model leaves out, as sentences for the reader of an answer.

export const notModelled: readonly string[] = [
  'Prefix cache: every prompt is computed in full, so self-hosting looks dearer than it is where prompts share a beginning.',
  'Autoscaling and cold starts: a fleet has a fixed number of warm replicas.',
  'Replica failure, spot interruption and rolling updates; spare replicas are counted in the cost only.',
  'Engines other than vLLM V1 (TensorRT-LLM, SGLang), and differences between versions of one engine.',
  'Speculative decoding and multi-token prediction.',
  'Expert parallelism, attention data parallelism, pipeline parallelism and replicas over several servers.',
  'Separate prefill and decode fleets.',
  'CUDA-graph padding: a decode step is priced at its own batch size, not at the next captured one.',
  'Skew of expert routing beyond a fixed allowance.',
  'Window layers (sliding attention) are charged at their mean over a request, not step by step.',
  'Power and temperature limits that lower the clock, and hosts that are slower than the measured ones.',
  'Sessions that wait for an answer before the next request: arrivals keep their recorded times.',
  'Requests that are cut off or cancelled while they run, images and audio in prompts, LoRA adapters.',
]
