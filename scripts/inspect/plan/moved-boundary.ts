import { describeObject } from '../../kubernetes/kinds.ts'
import type { Problem } from '../../lib/problems.ts'

/**
 * Admission judges by the boundary that is in the cluster now, and the upgrade replaces that before the objects it
 * judges: where it changes, a refusal now says nothing.
 */
export function judgedByTheirOwn<One extends Change>({ problems, changes }: Judged<One>): Judged<One> {
  const boundaries = changes.filter(({ kind, name }) => kind === 'Secret' && name.startsWith('boundary-'))
  const moved = new Set(
    boundaries.filter(({ action }) => action === 'change').map(({ name }) => name.slice('boundary-'.length)),
  )
  const isOpen = ({ code, where, message }: Problem) => {
    const [, namespace = ''] = where.split('/')
    return code === 'PLAN_REFUSED' && /\((?:STORE|EXTERNAL_SECRET)_[A-Z_]+\)/.test(message) && moved.has(namespace)
  }
  const open = new Set(problems.filter(isOpen).map(({ where }) => where))
  return {
    changes: changes.map((change) =>
      open.has(describeObject(change, change))
        ? { ...change, unasked: 'judged by the boundary that changes first' }
        : change,
    ),
    problems: problems.map((problem) => (isOpen(problem) ? notJudged(problem) : problem)),
  }
}

// --- internal ---

interface Judged<One> {
  readonly changes: readonly One[]
  readonly problems: readonly Problem[]
}

interface Change {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
  readonly action: string
  readonly unasked?: string
}

function notJudged({ where }: Problem): Problem {
  return {
    code: 'PLAN_NOT_JUDGED',
    where,
    message:
      'is refused by the current boundary, which the upgrade changes before it. Expected it to be judged by the new one.',
    fix: 'Deploy: the new boundary is in place before this object, and judges it then.',
    severity: 'warning',
  }
}
