// A provider as logs write it in; the host of data/hosted-offers.csv that it is, out.

const otherNames: Readonly<Record<string, string>> = {
  azure: 'azure-foundry',
  'azure-ai': 'azure-foundry',
  'azure-openai': 'azure-foundry',
  'amazon-bedrock': 'bedrock',
  'aws-bedrock': 'bedrock',
  'vertex-ai': 'vertex',
  'google-vertex': 'vertex',
  gemini: 'google',
  'google-ai-studio': 'google',
  'together-ai': 'together',
  togetherai: 'together',
  'fireworks-ai': 'fireworks',
  'x-ai': 'xai',
  moonshotai: 'moonshot',
  dashscope: 'alibaba',
  'workers-ai': 'cloudflare',
  mistralai: 'mistral',
}

/** The host's name in the offers; a provider without another name is its own host. */
export function hostOf(provider: string): string {
  const name = provider.toLowerCase().replaceAll('_', '-')
  return otherNames[name] ?? name
}
