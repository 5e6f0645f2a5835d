// Other gateways as their makers ship them, fetched into a cache that is no part of the product; started on a free port.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fetched, onPath, refuse } from '../fetched.ts'
import { contender, type Start } from './contender.ts'
import { freePort, startProgram } from './process.ts'

const portkeyVersion = '1.15.2'
const litellmVersion = '1.108.7'

export const portkey: Start = async place => {
  const folder = join(place.cache, `portkey-${portkeyVersion}`)
  const script = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js')
  if (!existsSync(script)) {
    mkdirSync(folder, { recursive: true })
    // Its streams fail on a younger one, which npm would choose: github.com/Portkey-AI/gateway/issues/1389.
    const overrides = { '@hono/node-server': '1.14.1' }
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, overrides }))
    const wanted = `@portkey-ai/gateway@${portkeyVersion}`
    await fetched('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', wanted], folder)
  }
  const port = await freePort()
  const args = [script, `--port=${port}`, '--headless']
  // Without this it refuses to ask an address of the machine it runs on.
  const env = { NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: 'localhost,127.0.0.1' }
  const running = await startProgram({ command: process.execPath, args, env, port, probe: '/', patienceMs: 30_000 })
  const custom = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${place.upstream}/v1` }
  return contender(`Portkey ${portkeyVersion}`, running, undefined, { ...custom, authorization: 'Bearer none' })
}

export const litellm: Start = async place => {
  const python = onPath('python3') ?? refuse('there is no python3')
  const folder = join(place.cache, `litellm-${litellmVersion}`)
  const command = join(folder, 'bin/litellm')
  if (!existsSync(command)) {
    await fetched(python, ['-m', 'venv', folder], place.cache)
    const pip = ['install', '-q', '--disable-pip-version-check', `litellm[proxy]==${litellmVersion}`]
    await fetched(join(folder, 'bin/pip'), pip, place.cache)
  }
  const config = join(place.folder, 'litellm.yaml')
  const model = `model_name: gpt-5-mini, litellm_params: { model: openai/gpt-5-mini, api_base: '${place.upstream}/v1', api_key: none }`
  writeFileSync(config, `model_list:\n  - { ${model} }\n`)
  const port = await freePort()
  const args = ['--config', config, '--host', '127.0.0.1', '--port', `${port}`, '--num_workers', '1']
  // Without a master key it checks none, as nobody else here does.
  const env = {
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    LITELLM_LOG: 'ERROR',
    LITELLM_TELEMETRY: 'False',
    LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY: 'true',
  }
  const probe = '/health/liveliness'
  const running = await startProgram({ command, args, env, cwd: place.folder, port, probe, patienceMs: 120_000 })
  return contender(`LiteLLM ${litellmVersion}`, running)
}

export const bifrost: Start = async place => {
  const go = onPath('go') ?? refuse('there is no go')
  const folder = join(place.cache, 'bifrost')
  const command = join(folder, 'bifrost-http')
  if (!existsSync(command)) {
    mkdirSync(folder, { recursive: true })
    const env = { GOBIN: folder, GOPATH: join(folder, 'go') }
    await fetched(go, ['install', 'github.com/maximhq/bifrost/transports/bifrost-http@latest'], folder, env)
  }
  const key = { name: 'none', value: 'none', models: ['gpt-5-mini'], weight: 1 }
  const provider = { keys: [key], network_config: { base_url: place.upstream } }
  writeFileSync(join(place.folder, 'config.json'), JSON.stringify({ providers: { openai: provider } }))
  const port = await freePort()
  const args = ['-host', '127.0.0.1', '-port', `${port}`, '-app-dir', place.folder]
  const running = await startProgram({ command, args, port, probe: '/metrics', patienceMs: 30_000 })
  return contender('Bifrost', running)
}

export const nginx: Start = async place => {
  const command = onPath('nginx') ?? (await debianNginx())
  const port = await freePort()
  const file = join(place.folder, 'nginx.conf')
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map(name => `  ${name}_temp_path ${place.folder}/nginx-${name};\n`)
    .join('')
  writeFileSync(
    file,
    `daemon off;
worker_processes 1;
pid ${place.folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
${temp}  upstream provider { server ${new URL(place.upstream).host}; keepalive 256; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    location / {
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600s;
    }
  }
}
`,
  )
  const args = ['-c', file, '-p', place.folder, '-e', 'stderr']
  return contender('nginx', await startProgram({ command, args, port, probe: '/', patienceMs: 10_000 }))
}

async function debianNginx(): Promise<string> {
  const apt = onPath('apt-get')
  if (apt === null || process.getuid?.() !== 0) refuse('there is no nginx, and only root may install it')
  // The package would start its own server on port 80: a run level of 1 keeps it from that.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  await fetched(apt, ['update', '-qq'], '/', env)
  await fetched(apt, ['install', '-y', '-qq', '--no-install-recommends', 'nginx-light'], '/', env)
  return onPath('nginx') ?? refuse('apt-get installed no nginx')
}
