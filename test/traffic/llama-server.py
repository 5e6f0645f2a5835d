# llama.cpp's own HTTP server, as xllamacpp carries it, on a model and a port, with its counters; ends when its input does.
import sys

import xllamacpp

model, port, slots, context = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
params = xllamacpp.CommonParams()
params.model.path = model
params.hostnames = ["127.0.0.1"]
params.port = port
params.n_parallel = slots
params.n_ctx = slots * context
# One thread: several that wait for one another spin, and on a machine with other work each step waits for the slowest.
params.cpuparams.n_threads = 1
params.cpuparams_batch.n_threads = 1
# It keeps connections, each on a thread of its own.
params.n_threads_http = 32
params.cache_prompt = False
params.endpoint_metrics = True
# Weights that were never taught to converse go on where the text ends.
if len(sys.argv) > 5:
    params.use_jinja = True
    params.chat_template = sys.argv[5]
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
