// `fingerprint`: a system prompt → the name by which rules and reports know it. The prompt is neither kept nor shown.
import type { CommandModule } from '../command.ts'

export const fingerprint: CommandModule = {
  name: 'fingerprint',
  register(program, frame) {
    program
      .command('fingerprint <file>')
      .summary('the fingerprint of a system prompt, for a rule that attributes its calls')
      .description(
        'Reads a system prompt from a text file, or from the JSON body of a request (- is standard input), and prints its ' +
          'fingerprint: a hash under the key of the data folder, from which nobody gets the text back. It is the same ' +
          'whatever provider the prompt goes to; a prompt that changes with each call has a new one each time.',
      )
      .addHelpText(
        'after',
        '\nExamples:\n  crossline fingerprint prompts/support.txt\n  crossline report --by systemPrompt    # those of the calls metered so far',
      )
      .action(async (file: string) => {
        const [{ promptFingerprint }, { readText }] = await Promise.all([
          import('../../server/prompt-fingerprint.ts'),
          import('../text-stream.ts'),
        ])
        let text = ''
        for await (const piece of await readText(file)) text += piece
        const systemPrompt = promptFingerprint(frame.globals().data, text, file === '-' ? 'standard input' : file)
        frame.output.result({ systemPrompt }, () => systemPrompt)
      })
  },
}
