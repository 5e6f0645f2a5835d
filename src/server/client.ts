// An operation and a live server's address → the operation run there, its progress told here, its failure thrown here.
import { createReadStream } from 'node:fs'
import { request } from 'node:http'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { Fault, type FaultKind } from '../core/fault/fault.ts'
import { type Operation, type OperationIo, pathOf } from './operation.ts'
import { queryOf } from './parameters.ts'

type Line =
  | { readonly progress: string }
  | { readonly note: string }
  | { readonly result: unknown }
  | { readonly error: { code: string; message: string; where: string | null; fix: string | null; kind?: FaultKind } }

/**
 * Runs an operation on a server, streaming its file there, until `signal` says that nobody waits for it any more.
 * @throws the server's own Fault, or SERVER_LOST when it cannot be reached or ends in between
 */
export async function runRemotely<Params extends object, Result>(
  url: string,
  operation: Operation<Params, Result>,
  params: Params,
  io: OperationIo,
  signal?: AbortSignal,
): Promise<Result> {
  const inQuery = operation.method === 'GET' || operation.takesFile
  const query = inQuery ? queryOf(params as Record<string, unknown>) : new URLSearchParams()
  if (operation.takesFile && io.file !== null) query.set('fileName', io.file.name)
  const target = new URL(`${pathOf(operation)}?${query}`, url)
  const lost = (cause: unknown) =>
    new Fault('SERVER_LOST', `the server of this data folder failed: ${(cause as Error).message}`, {
      where: url,
      fix: 'see its log, or stop it and run again',
      kind: 'outside',
    })
  let result: { readonly value: Result } | null = null
  try {
    await new Promise<void>((done, fail) => {
      const sent = request(
        target,
        {
          method: operation.method,
          signal,
          headers: { accept: 'application/x-ndjson', ...(inQuery ? {} : { 'content-type': 'application/json' }) },
        },
        async response => {
          try {
            for await (const text of createInterface({ input: response })) {
              if (text === '') continue
              const line = JSON.parse(text) as Line
              if ('progress' in line) io.progress(line.progress)
              else if ('note' in line) io.note(line.note)
              else if ('error' in line) throw faultOf(line.error)
              else result = { value: line.result as Result }
            }
            done()
          } catch (thrown) {
            fail(thrown)
          }
        },
      )
      sent.on('error', fail)
      if (operation.takesFile && io.file !== null) pipeline(createReadStream(io.file.path), sent).catch(fail)
      else sent.end(inQuery ? undefined : JSON.stringify(params))
    })
  } catch (thrown) {
    throw thrown instanceof Fault ? thrown : lost(thrown)
  }
  if (result === null) throw lost(new Error('no result came back'))
  return (result as { readonly value: Result }).value
}

function faultOf(error: Extract<Line, { error: unknown }>['error']): Fault {
  const { code, message, where, fix, kind } = error
  return new Fault(code, message, { where: where ?? undefined, fix: fix ?? undefined, kind: kind ?? 'outside' })
}
