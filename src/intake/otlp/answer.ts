// What a server answers to a request of traces, as protobuf: trace_service.proto, google/rpc/status.proto
import { bytesField, intField, message, textField } from './wire-format.ts'

/** ExportTraceServiceResponse: empty when no span was rejected. */
export function responseBytes(rejectedSpans: number, errorMessage: string): Uint8Array {
  return rejectedSpans === 0
    ? message()
    : bytesField(1, message(intField(1, rejectedSpans), textField(2, errorMessage)))
}

/** google.rpc.Status, its code left out. */
export const statusBytes = (text: string): Uint8Array => message(textField(2, text))
