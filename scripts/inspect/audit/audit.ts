import { type Finding, sortFindings } from './finding.ts'
import { allRules } from './rules/all-rules.ts'
import type { World } from './world/world.ts'

/** Everything that is wrong in a world, sorted, each finding once. Pure. */
export function audit(world: World): Finding[] {
  return sortFindings(allRules.flatMap((rule) => rule(world)))
}
