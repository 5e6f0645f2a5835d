// A provider as logs write it in; the host of data/hosted-offers.csv that it is, out.
import { providerId } from '../core/meter/seller.ts'

/** Hosts whose name in the offers is not their id in the price catalog. */
const hosts: Readonly<Record<string, string>> = {
  aws: 'bedrock',
  azure: 'azure-foundry',
  'google-vertex': 'vertex',
  moonshotai: 'moonshot',
  'x-ai': 'xai',
}

/** The host's name in the offers; a provider without another name is its own host. */
export function hostOf(provider: string): string {
  const id = providerId(provider)
  return hosts[id] ?? id.toLowerCase().replaceAll('_', '-')
}
