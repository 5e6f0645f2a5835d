// The kind of traffic that a call was at Vertex AI → the tier that served it.

/**
 * Pay-as-you-go is the standard tier, its priority and flex kinds are theirs; provisioned throughput is paid by the hour
 * (https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse#TrafficType).
 */
export const tierOfTraffic = (traffic: string | null): string | null =>
  traffic === null ? null : traffic === 'ON_DEMAND' ? 'standard' : traffic.replace('ON_DEMAND_', '').toLowerCase()
