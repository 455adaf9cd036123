import { count } from '../../../lib/count.ts'
import { isError } from '../../../lib/problems.ts'
import type { FillRow, FillWork } from '../../../payload/fill-plan.ts'
import { executeFill } from '../../fill/execute-fill.ts'
import { done, refuse, type Step, todo } from '../step.ts'

/** Every value of the old Secret is in Scaleway. */
export const fillStep: Step = {
  name: 'fill',
  title: 'fill Scaleway',
  async look(_context, facts) {
    const { work, rows, problems } = await facts.plan()
    if (work.length > 0) return todo(workNote(work))
    const given = rows.filter(({ source }) => source === 'given')
    // Nothing is planned while the inventory has open questions.
    if (problems.some(isError) && given.some(({ action }) => action !== 'unchanged')) return todo(heldNote(given))
    return done(`${count(given.length, 'value')} in Scaleway`)
  },
  async act({ account, model, signal, log }, facts) {
    const { work, problems } = await facts.plan()
    refuse(problems.filter(isError))
    await executeFill({ account: { ...account, signal }, region: model.region, log }, work)
  },
}

// --- internal ---

function heldNote(given: readonly FillRow[]): string {
  const sum = (action: FillRow['action']) => given.filter((row) => row.action === action).length
  const others = sum('replace') > 0 ? [`${sum('replace')} with a different value there`] : []
  const absent = sum('create') > 0 ? [`${sum('create')} still to create`] : []
  return [`${sum('unchanged')} of ${count(given.length, 'value')} in Scaleway`, ...others, ...absent].join(', ')
}

function workNote(work: readonly FillWork[]): string {
  const fresh = work.filter(({ found }) => !found).length
  const versions = count(work.filter(({ payload }) => payload !== undefined).length, 'version')
  return fresh > 0 ? `create ${count(fresh, 'remote secret')}, add ${versions}` : `add ${versions}`
}
