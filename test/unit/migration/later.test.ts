import { expect, test } from 'vitest'
import { laterProblems } from '../../../scripts/migration/later.ts'
import type { StepSight } from '../../../scripts/migration/run.ts'
import { blocked, done, type Outlook, type StepName } from '../../../scripts/migration/step.ts'

const problem = (code: string) => ({ code, where: 'here', message: 'is so. Expected otherwise.', fix: 'Mend it.' })
const step = (name: StepName, outlook: Outlook): StepSight => ({ name, title: name, ...outlook })
const codes = (...steps: StepSight[]) =>
  laterProblems(steps).map(({ code, severity }) => (severity === 'warning' ? code : `${code} as an error`))

test('what later steps need is told once, and not what the next one says already', () => {
  const waits = (...names: string[]) => blocked('waits', names.map(problem))
  expect(codes(step('inventory', waits('A')), step('backup', waits('A')), step('fill', waits('A')))).toEqual([])
  expect(
    codes(
      step('inventory', done('')),
      step('backup', waits('A')),
      step('fill', waits('A', 'B')),
      step('wait', waits('B')),
    ),
  ).toEqual(['B'])
  expect(codes(step('inventory', waits('A')), step('delete', waits('B')))).toEqual([])
})
