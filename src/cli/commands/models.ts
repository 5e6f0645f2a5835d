// `models`: the open models that can be simulated, and a team's own added from their config.json. Never opens the ledger.
import { Fault } from '../../core/fault/fault.ts'
import type { Model } from '../../core/serving/hardware/model.ts'
import type { CommandFrame, CommandModule } from '../command.ts'
import { readJsonFile } from '../json-file.ts'

interface AddFlags {
  readonly id?: string
  readonly dtype?: string
}

export const models: CommandModule = {
  name: 'models',
  register(program, frame) {
    const command = program
      .command('models')
      .summary('open models that can be simulated; add your own')
      .description('The model catalog: what a replica of each would have to hold and read.')
    command
      .command('list')
      .summary('all models, your own marked')
      .action(() => list(frame))
    command
      .command('add')
      .summary('a model from its Hugging Face config.json, offline')
      .argument('<config>', 'the config.json published with the weights')
      .option('--id <name>', 'what to call it (default: the name in the config, else its folder)')
      .option('--dtype <dtype>', 'dtype of the weights: bf16, fp8, mxfp4, … (default: what the config says)')
      .addHelpText(
        'after',
        `
Its parameters are counted from its layers and printed: compare them with the published figure.
It is kept in crossline.models.json beside crossline.yaml, and is known to every command from then on.`,
      )
      .action((config: string, flags: AddFlags) => add(config, flags, frame))
  },
}

async function list(frame: CommandFrame): Promise<void> {
  const [{ loadFacts, useOwnFacts }, { loadModels }, { modelsText }] = await Promise.all([
    import('../../catalog/facts.ts'),
    import('../../catalog/models.ts'),
    import('../models-text.ts'),
  ])
  useOwnFacts(frame.globals().config)
  const shipped = new Set(loadModels().map(({ id }) => id))
  const rows = loadFacts().models.map(model => ({ ...model, own: !shipped.has(model.id) }))
  frame.output.result({ models: rows }, () => modelsText(rows))
}

async function add(path: string, flags: AddFlags, frame: CommandFrame): Promise<void> {
  const [{ modelOfConfig }, { loadModels }, { addOwnModel, ownFiles }, { addedText }] = await Promise.all([
    import('../../catalog/hf-config.ts'),
    import('../../catalog/models.ts'),
    import('../../catalog/own-facts.ts'),
    import('../models-text.ts'),
  ])
  const raw = readJsonFile(path)
  const said = (raw as { _name_or_path?: unknown } | null)?._name_or_path
  const hfId = typeof said === 'string' && said !== '' ? said : (flags.id ?? folderOf(path))
  const id = idOf(flags.id ?? hfId)
  const model: Model = modelOfConfig(raw, { id, hfId, source: path, dtype: flags.dtype })
  const files = ownFiles(frame.globals().config)
  const { replaced } = addOwnModel(
    files,
    model,
    loadModels().map(one => one.id),
  )
  frame.output.result({ model, file: files.models, replaced }, () => addedText(model, files.models, replaced))
}

const folderOf = (path: string): string => path.split(/[\\/]/).at(-2) ?? ''

/** A name as the catalog writes ids; refused where nothing is left of it. */
function idOf(name: string): string {
  const id = name
    .split('/')
    .at(-1)!
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
  if (/[a-z0-9]/.test(id)) return id
  throw new Fault('ID_MISSING', 'the config does not name the model', { where: '--id', fix: 'give --id NAME' })
}
