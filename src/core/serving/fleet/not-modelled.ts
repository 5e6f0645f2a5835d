// What this serving model leaves out, for the reader of an answer: each a few words and, after a colon, what that means.

/** Of any replica, in a plan of `simulate` too. */
export const leftOutOfPlans: readonly string[] = [
  'Prefix cache: where no record tells what prompts share (or they are of more than 40 million blocks), every one is computed in full, so self-hosting looks dearer than it is; where one does, answers that a next prompt repeats are computed again.',
  'Rolling updates, and failures of what is not a replica: gateways, networks, whole regions.',
  'Engines other than vLLM, TensorRT-LLM and SGLang: and what their flags change; versions only where measurements name them.',
  'Guesses of a draft: hold at the one stated rate, whatever the traffic and the batch; trees of guesses, and engines that turn them off under load, are not there.',
  'Replicas over several servers: nor pipelines whose stages have unlike work; micro-batches never wait for each other, and each has its own part of the cache, as copies of the attention have, which are taken to carry alike in each step and never wait for each other either.',
  'Servers calibrated without their GPU: prompts are priced by the token, without what attention adds to long ones.',
  'Skew of expert routing: a fitted allowance is made for it.',
  'Window layers: sliding attention is charged at its mean over a request, not step by step.',
  'Throttled GPUs: power and temperature limits that lower the clock, and hosts slower than the measured ones.',
  'Sessions that wait for an answer: arrivals keep their recorded times, but in simulate --closed-loop.',
  'Adapters loaded on demand: all of them are kept in GPU memory; their kernels are a fixed allowance.',
  'Cancelled requests, images and audio in prompts.',
]

/** Of an option that is weighed against others. */
export const notModelled: readonly string[] = [
  'Autoscaling and cold starts: an option is a fixed number of warm replicas; simulate tries one that scales, a plan of it down to none.',
  'Replica failure: nor spot interruption; spare replicas are counted in the cost only. A plan of simulate has both.',
  'Separate prefill and decode fleets: a plan of simulate has them.',
  'Speculative decoding: options of a crossover guess no token ahead; predict, capacity and simulate do where asked to.',
  ...leftOutOfPlans,
]
