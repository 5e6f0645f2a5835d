# A trace and a configuration (JSON) in; how long Vidur takes to simulate it, and what it found, out as one line of JSON.
#
# Vidur learns step times from profiles that it downloads when it runs. Here it is told them by a closed form, the one that
# Crossline's side uses too: which costs it less than its own look-ups. Its metrics and traces are off.
import json
import os
import sys
import time

os.environ["WANDB_MODE"] = "disabled"

from vidur._native.entities import ExecutionTime
from vidur.config.config import (
    CacheConfig,
    ClusterConfig,
    MetricsConfig,
    ReplicaConfig,
    SarathiSchedulerConfig,
    SimulationConfig,
    TraceRequestGeneratorConfig,
)
from vidur.entities import Request
from vidur.execution_time_predictor.execution_time_predictor_registry import ExecutionTimePredictorRegistry
from vidur.request_generator.request_generator_registry import RequestGeneratorRegistry
from vidur.simulator import Simulator
from vidur.types import ExecutionTimePredictorType, RequestGeneratorType

with open(sys.argv[1]) as file:
    asked = json.load(file)


class ClosedForm:
    def __init__(self, predictor_config, replica_config, cache_config):
        pass

    def get_execution_time(self, batch, pipeline_stage):
        milliseconds = (
            asked["fixedMs"]
            + asked["perTokenMs"] * batch.total_num_q_tokens
            + asked["perContextTokenMs"] * sum(batch.num_kv_tokens)
        )
        return ExecutionTime(1, milliseconds, *([0.0] * 13))


requests = [
    Request(arrived_at=at, num_prefill_tokens=prompt, num_decode_tokens=output)
    for at, prompt, output in zip(asked["atSeconds"], asked["inputTokens"], asked["outputTokens"])
]


class Given:
    def __init__(self, config):
        pass

    def generate(self):
        return requests


ExecutionTimePredictorRegistry._registry[ExecutionTimePredictorType.RANDOM_FORREST] = ClosedForm
RequestGeneratorRegistry._registry[RequestGeneratorType.TRACE_REPLAY] = Given

simulator = Simulator(
    SimulationConfig(
        log_level="error",
        cluster_config=ClusterConfig(
            num_replicas=1,
            replica_config=ReplicaConfig(
                model_name="meta-llama/Llama-3-8B",
                device="h100",
                network_device="h100_dgx",
                tensor_parallel_size=1,
                num_pipeline_stages=1,
            ),
            cache_config=CacheConfig(
                block_size=16,
                num_blocks=asked["kvBlocks"],
                watermark_blocks_fraction=0.0,
                enable_prefix_caching=False,
            ),
            replica_scheduler_config=SarathiSchedulerConfig(
                batch_size_cap=asked["maxSequences"], chunk_size=asked["maxBatchedTokens"]
            ),
        ),
        request_generator_config=TraceRequestGeneratorConfig(max_tokens=asked["maxTokens"]),
        metrics_config=MetricsConfig(
            write_metrics=False,
            enable_chrome_trace=False,
            store_plots=False,
            store_request_metrics=False,
            store_batch_metrics=False,
            store_utilization_metrics=False,
        ),
    )
)
started = time.process_time()
simulator.run()
seconds = time.process_time() - started
spent = sum(request.completed_at - request.arrived_at for request in requests) / len(requests)
print(json.dumps({"seconds": seconds, "endSeconds": simulator._time, "meanSpentSeconds": spent}))
