// What the constants of the step time would be taken for without a measurement: where the fit starts and what it is held to.
import type { Efficiency } from '../../src/core/serving/step/efficiency.ts'

const engine = {
  layerSeconds: 59e-6,
  moeLayerSeconds: 20e-6,
  stepSeconds: 0.14e-3,
  requestSeconds: 6.6e-6,
  prefillLayerFloorSeconds: 0.9e-3,
  entrySeconds: 0.015,
  entryRequestSeconds: 0.0008,
  entryTokenSeconds: 0.2e-6,
  kernels: 1,
}

/**
 * Shares of peak from kernel tables and the small model of 2026-11-23 (bandwidth 0.75–0.88, arithmetic 0.36–0.65, KV reads 0.67–0.85,
 * 59 µs a layer, 0.9 ms a layer without CUDA graphs, 15 ms of entry as in BLIS' fit); the rest are round guesses.
 */
export const prior: Efficiency = {
  rooflinePower: 1.45,
  gemm: {
    bf16: { memory: 0.82, compute: 0.65 },
    fp8: { memory: 0.88, compute: 0.49 },
    fp8Block: { memory: 0.61, compute: 0.49 },
    int8: { memory: 0.88, compute: 0.49 },
    mxfp4: { memory: 0.75, compute: 0.36 },
    nvfp4: { memory: 0.75, compute: 0.36 },
    int4: { memory: 0.6, compute: 0.65 },
  },
  unpacking: 0.7,
  experts: {
    memory: 0.95,
    compute: 1,
    halfWidthMemory: 200,
    halfWidthCompute: 1000,
    spread: 0.86,
    tileRows: 16,
    imbalance: 1.3,
  },
  arch: {
    hopper: { memory: 1, compute: 1, kv: 0.81, host: 1 },
    blackwell: { memory: 0.95, compute: 0.9, kv: 0.67, host: 0.7 },
    blackwellPcie: { memory: 0.95, compute: 0.9, kv: 0.8, host: 0.8 },
    ampere: { memory: 0.95, compute: 1.1, kv: 0.8, host: 1.1 },
    ada: { memory: 0.95, compute: 0.9, kv: 0.85, host: 1 },
    cdna: { memory: 0.8, compute: 0.6, kv: 0.6, host: 1.3 },
    other: { memory: 0.9, compute: 0.8, kv: 0.7, host: 1.2 },
  },
  engines: {
    vllm: engine,
    vllmV0: { ...engine, layerSeconds: 100e-6 },
    tensorrtLlm: { ...engine, layerSeconds: 40e-6, prefillLayerFloorSeconds: 0.6e-3 },
    tensorrtLlmCpp: { ...engine, layerSeconds: 60e-6, prefillLayerFloorSeconds: 0.6e-3 },
    sglang: { ...engine, layerSeconds: 60e-6 },
  },
  prefillAttention: 0.45,
  latent: { layerSeconds: 10e-6, prefill: 1.5 },
  linear: { layerSeconds: 15e-6, tokenLayerSeconds: 10e-9 },
  sparse: { layerSeconds: 20e-6, prefill: 1.5 },
  allReduce: 1.2,
  allReducePcie: 1.2,
  expertExchange: 1.5,
  effects: {},
}
