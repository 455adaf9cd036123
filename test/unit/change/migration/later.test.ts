import { expect, test } from 'vitest'
import { laterProblems } from '../../../../scripts/change/migration/later.ts'
import type { StepState } from '../../../../scripts/change/migration/run.ts'
import { blocked, done, type Outlook, todo } from '../../../../scripts/change/migration/step.ts'
import type { StepName } from '../../../../scripts/change/migration/step-names.ts'

const problem = (code: string) => ({ code, where: 'here', message: 'is so. Expected otherwise.', fix: 'Mend it.' })
const step = (name: StepName, outlook: Outlook): StepState => ({ name, title: name, ...outlook })
const codes = (...steps: StepState[]) =>
  laterProblems(steps).map(({ code, severity }) => (severity === 'warning' ? code : `${code} as an error`))

test('what later steps need is reported once, and not what the next one says already', () => {
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

test('of a step that can be done its warnings are told, and not what it will have put right', () => {
  const warning = { ...problem('W'), severity: 'warning' as const }
  expect(codes(step('backup', todo('')), step('take-over', todo('copy', [warning, problem('E')])))).toEqual(['W'])
})
