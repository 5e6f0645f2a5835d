// Constants and bands → the text of src/core/serving/step/fitted.ts.
import type { Bands } from '../../src/core/serving/step/band.ts'
import type { Efficiency } from '../../src/core/serving/step/efficiency.ts'

/** TypeScript source, four significant digits, one line a group. */
export function fittedSource(fit: Efficiency, bands: Bands): string {
  const { effects, ...constants } = fit
  const lines = Object.entries(effects)
    // What was measured at all is known by its name: GPUs and families stay, whatever their factors.
    .filter(
      ([group, factors]) => /^(gpu|family)=/.test(group) || factors.some(factor => Math.abs(factor - 1) >= 0.0005),
    )
    .map(([group, factors]) => `    ${quoted(group)}: [${factors.map(number).join(', ')}],`)
  const bandLines = Object.entries(bands).map(([name, [low, high]]) => `  ${quoted(name)}: [${low}, ${high}],`)
  return `// The fitted constants of the step time, and how far predictions may be off: written by \`npm run fit\`, reviewed like code.
import type { Bands } from './band.ts'
import type { Efficiency } from './efficiency.ts'

export const fitted: Efficiency = {
${members(constants, '  ')}
  // Factors on decode steps, on steps with prefill, and on entry.
  effects: {
${lines.join('\n')}
  },
}

/** ln(measured ÷ predicted) at 5 % and 95 % of rows that the fit had not seen. */
export const fittedBands: Bands = {
${bandLines.join('\n')}
}
`
}

function members(value: object, indent: string): string {
  return Object.entries(value)
    .map(([name, member]) =>
      typeof member === 'number'
        ? `${indent}${name}: ${number(member)},`
        : `${indent}${name}: {\n${members(member, `${indent}  `)}\n${indent}},`,
    )
    .join('\n')
}

const number = (value: number): string => String(Number(value.toPrecision(4)))
const quoted = (text: string): string => (/^[A-Za-z_$][\w$]*$/.test(text) ? text : `'${text}'`)
