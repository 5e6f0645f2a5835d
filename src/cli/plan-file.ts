// A plan file that a person wrote → its fields, checked, and the files that it names as seen from where it lies.
import { dirname, resolve } from 'node:path'
import { Fault } from '../core/fault/fault.ts'
import type { Plan } from './plan-shape.ts'

/** @throws Fault FILE_UNREADABLE, NOT_YAML, PARAMETER_UNKNOWN, PARAMETER_WRONG with file:line */
export async function readPlan(path: string): Promise<Plan> {
  const [{ planShape }, { readChecked }] = await Promise.all([import('./plan-shape.ts'), import('./yaml-file.ts')])
  const plan = readChecked(path, planShape)
  const near = (file: string | undefined) => (file === undefined ? undefined : resolve(dirname(path), file))
  const { trace, cascade } = plan
  return {
    ...plan,
    ...(trace === undefined ? {} : { trace: near(trace) }),
    ...(cascade?.flags === undefined ? {} : { cascade: { ...cascade, flags: near(cascade.flags) } }),
  }
}

/** The line of the plan that a Fault found later is about: `groups.1.tp` is a way through its fields. */
export async function placedInPlan(path: string, fault: Fault): Promise<Fault> {
  const way = fault.where?.split('.') ?? []
  if (way[0] !== 'groups') return fault
  const { readYaml } = await import('./yaml-file.ts')
  const { code, message, fix, kind } = fault
  const where = readYaml(path).placeOf(way.map(part => (/^\d+$/.test(part) ? Number(part) : part)))
  return new Fault(code, message, { where, fix: fix ?? undefined, kind }, { cause: fault })
}
