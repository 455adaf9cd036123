import { expect, test } from 'vitest'
import type { Problem } from '../../scripts/lib/problems.ts'
import { checkApplication } from '../../scripts/model/rules/index.ts'
import { type ApplicationParts, applicationWith } from './applications.ts'

/** A rule by example: an application that breaks it, everything that is then told, and its nearest valid neighbour. */
export interface RuleExample {
  readonly refuses: ApplicationParts
  readonly telling: readonly Omit<Problem, 'fix'>[]
  readonly accepts: ApplicationParts
}

/** A test of a rule; nothing else may be told of either application. */
export function ruleTest(title: string, { refuses, telling, accepts }: RuleExample): void {
  test(title, () => {
    const found = checkApplication(applicationWith(refuses))
    expect(found.map(({ fix: _, ...problem }) => problem)).toEqual(telling)
    for (const { fix } of found) expect(fix).toMatch(/^[A-Z`].*\.$/)
    expect(checkApplication(applicationWith(accepts))).toEqual([])
  })
}
