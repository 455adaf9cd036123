import { executeFill } from '../../fill/execute.ts'
import { isError } from '../../lib/problems.ts'
import type { FillWork } from '../../model/fill-plan.ts'
import { count, done, refuse, type Step, todo } from '../step.ts'

/** Every value of the old Secret is in Scaleway. */
export const fillStep: Step = {
  name: 'fill',
  title: 'fill Scaleway',
  async look(_context, facts) {
    const { work, rows } = await facts.plan()
    const given = rows.filter(({ source }) => source === 'given')
    return work.length > 0 ? todo(workNote(work)) : done(`${count(given.length, 'value')} in Scaleway`)
  },
  async act({ account, model, signal, log }, facts) {
    const { work, problems } = await facts.plan()
    refuse(problems.filter(isError))
    await executeFill({ account: { ...account, signal }, region: model.region, log }, work)
  },
}

// --- internal ---

function workNote(work: readonly FillWork[]): string {
  const fresh = work.filter(({ found }) => !found).length
  const versions = count(work.filter(({ payload }) => payload !== undefined).length, 'version')
  return fresh > 0 ? `create ${count(fresh, 'remote secret')}, add ${versions}` : `add ${versions}`
}
