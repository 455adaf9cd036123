import { isError, type Problem } from '../../lib/problems.ts'
import { nextStep, type StepState } from './run.ts'

/**
 * What will need a person after the next step, as warnings; without what that step already says, and without repetition:
 * steps that wait for the same thing report the same. That the name has to be typed at the end is known. Pure.
 */
export function laterProblems(steps: readonly StepState[]): Problem[] {
  const next = nextStep({ steps })
  const told = new Set((next?.problems ?? []).map(textOf))
  return steps
    .filter((step) => step !== next && step.state !== 'done' && step.name !== 'delete')
    .flatMap(({ state, problems = [] }) => (state === 'blocked' ? problems : problems.filter((one) => !isError(one))))
    .filter((one) => {
      const isNew = !told.has(textOf(one))
      told.add(textOf(one))
      return isNew
    })
    .map((one) => ({ ...one, severity: 'warning' as const }))
}

// --- internal ---

function textOf({ code, where, message }: Problem): string {
  return [code, where, message].join('\n')
}
