// `crossover`: a ledger, a trace or stated terms → options ranked, crossing points, pictures.
import type { CommandModule } from '../command.ts'

export const crossover: CommandModule = {
  name: 'crossover',
  register(program, { output }) {
    program
      .command('crossover')
      .summary('the answer: options ranked, crossing points, chart')
      .description('Ranks API and self-hosting for your traffic and finds every volume at which the cheapest changes.')
      .option('--inputs <file>', 'closed form from the terms in a YAML or JSON file: no traffic, no simulation')
      .action(async (flags: { readonly inputs?: string }) => {
        if (flags.inputs === undefined) throw new Error('not yet')
        const { closedFormOfFile, closedFormText } = await import('../closed-form.ts')
        const result = closedFormOfFile(flags.inputs)
        output.result(result, () => closedFormText(result))
      })
  },
}
