// What one operation is: a name, parameters that are checked at the edge, and a run that the command line and HTTP share.
import type { z } from 'zod'
import type { Workplace } from './workplace.ts'

export interface OperationIo {
  /** A local file with the bytes that came along, and the name that they had at their sender's. */
  readonly file: { readonly path: string; readonly name: string } | null
  /** How far it is, as one line for a person. */
  progress(text: string): void
  /** Something worth knowing that is no failure. */
  note(text: string): void
}

export interface Operation<Params, Result> {
  readonly name: string
  /** Where it answers over HTTP, when that is not /api/NAME. */
  readonly path?: string
  /** GET reads and takes its parameters from the query; POST changes the ledger, one at a time. */
  readonly method: 'GET' | 'POST'
  readonly summary: string
  readonly params: z.ZodType<Params>
  /** Whether a file's bytes come along, as the body of the request. */
  readonly takesFile: boolean
  run(workplace: Workplace, params: Params, io: OperationIo): Promise<Result>
}

/** Where an operation answers over HTTP. */
export function pathOf(operation: { readonly name: string; readonly path?: string }): string {
  return operation.path ?? `/api/${operation.name}`
}
