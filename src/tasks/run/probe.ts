// A server's address in; what it says of itself (engine, version, dtype, model), out: a result speaks for these and no others.
import { asList, asObject, asText, parseJson } from '../../wire/json.ts'

export interface SaidOfServer {
  readonly engine: string | null
  readonly engineVersion: string | null
  readonly dtype: string | null
  readonly kvDtype: string | null
  /** Names of the models that it serves; null = it does not say. */
  readonly models: readonly string[] | null
}

type Get = (path: string) => Promise<unknown>

/** How long a server may take for one question about itself. */
const mostMs = 3000

/**
 * Asks vLLM, SGLang and llama.cpp servers what they are, each at the paths that it has; whoever answers none of them says
 * nothing, which is no failure.
 */
export async function askServer(
  base: string,
  headers: Readonly<Record<string, string>>,
  fetcher: typeof fetch = fetch,
): Promise<SaidOfServer> {
  const get: Get = async path => {
    try {
      const response = await fetcher(base + path, { headers, signal: AbortSignal.timeout(mostMs) })
      return response.ok ? parseJson(await response.text()) : null
    } catch {
      return null
    }
  }
  const [version, props, info, models] = await Promise.all([
    get('/version'),
    get('/props'),
    get('/get_server_info'),
    get('/v1/models'),
  ])
  const said = asList(asObject(models)?.data)
    .map(asObject)
    .filter(one => one !== null)
  const ids = said.flatMap(one => asText(one.id) ?? [])
  const owner = said.map(one => asText(one.owned_by)).find(name => name !== null) ?? null
  return {
    ...(fromLlamaCpp(props) ?? fromSglang(info) ?? fromVllm(version, owner)),
    models: ids.length === 0 ? null : ids,
  }
}

type Engine = Omit<SaidOfServer, 'models'>
const nothing: Engine = { engine: null, engineVersion: null, dtype: null, kvDtype: null }

/** `GET /props` of llama-server: build_info `b6500-abcdef`, model_ftype `Q4_K - Medium` or else the name of the file. */
function fromLlamaCpp(props: unknown): Engine | null {
  const said = asObject(props)
  if (said === null || (said.build_info === undefined && said.model_path === undefined)) return null
  const file = asText(said.model_path)
  const ftype = asText(said.model_ftype)?.replace(/\s*-\s*(\w)\w*$/, '_$1') ?? null
  const inName = file === null ? null : (/[.-]((?:I?Q\d[\w]*)|BF16|F16|F32|MXFP4)\.gguf$/i.exec(file)?.[1] ?? null)
  return {
    ...nothing,
    engine: 'llama.cpp',
    engineVersion: asText(said.build_info),
    dtype: (ftype ?? inName)?.toLowerCase() ?? null,
  }
}

/** `GET /get_server_info` of SGLang: its arguments and its version. */
function fromSglang(info: unknown): Engine | null {
  const said = asObject(info)
  if (said === null || (said.version === undefined && said.model_path === undefined)) return null
  const stated = asText(said.quantization) ?? asText(said.dtype)
  const kv = asText(said.kv_cache_dtype)
  return {
    engine: 'sglang',
    engineVersion: asText(said.version),
    dtype: stated === 'auto' ? null : stated,
    kvDtype: kv === 'auto' ? null : kv,
  }
}

/** `GET /version` of vLLM says nothing but its version; that it is vLLM, `/v1/models` says. */
function fromVllm(version: unknown, owner: string | null): Engine {
  const said = asText(asObject(version)?.version)
  const isVllm = owner === 'vllm' || (owner === null && said !== null)
  const engine = isVllm ? 'vllm' : owner === 'llamacpp' ? 'llama.cpp' : null
  return { ...nothing, engine, engineVersion: isVllm ? said : null }
}
