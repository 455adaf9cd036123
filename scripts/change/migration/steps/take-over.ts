import type { KnownKeys } from '../../../cluster/container-variables.ts'
import { readPodTemplates } from '../../../cluster/pod-templates.ts'
import { lossByRemoval } from '../../../inspect/plan/target-readers.ts'
import { kinds, type SecretObject } from '../../../kubernetes/kinds.ts'
import { count } from '../../../lib/count.ts'
import { compare, type Problem } from '../../../lib/problems.ts'
import { shortList } from '../../../lib/short-list.ts'
import { targetKeys } from '../../../model/resolve.ts'
import type { Facts } from '../gather-facts.ts'
import { copyRef, type HandMade } from '../hand-made.ts'
import { type MigrationContext, placeOfSecret } from '../migration-context.ts'
import { blocked, done, type Step, todo } from '../step.ts'
import { foreignValues, obstacles, writerProblems } from '../take-over-problems.ts'
import { keysInUse } from '../take-over-readers.ts'

/**
 * The operator overwrites the whole of a target Secret made by hand. What only this Secret holds is copied beside
 * it first, and its readers are told to read the copy.
 */
export const takeOverStep: Step = {
  name: 'take-over',
  title: 'copy what the operator would overwrite',
  async look(context, facts, state) {
    const views = await survey(context, facts)
    const problems = views.flatMap(({ problems }) => problems)
    const unwritable = views.flatMap(({ made, lacking }) => writerProblems(made, lacking))
    const noTakeOver = "a target made by hand can't be taken over"
    if (problems.length > 0) return blocked(noTakeOver, [...problems, ...unwritable])
    const toCopy = views.filter(({ lacking }) => lacking.length > 0)
    if (toCopy.length > 0) {
      const keys = toCopy.reduce((sum, { lacking }) => sum + lacking.length, 0)
      const copies = shortList(toCopy.map(({ copy }) => `${copy.namespace}/${copy.name}`))
      return todo(`copy ${count(keys, 'key')} to ${copies}`, unwritable.map(later))
    }
    const needed = (key: string) => !state.leave.includes(key) && !context.choices.leave.includes(key)
    const users = await Promise.all(views.map((view) => userProblems(context, view, needed)))
    if (unwritable.length > 0) return blocked(noTakeOver, [...unwritable, ...users.flat()])
    if (users.flat().length > 0) return blocked('workloads read keys that would be removed', users.flat())
    return done(views.length === 0 ? 'no target was made by hand' : `${count(views.length, 'target')} made by hand`)
  },
  async act(context, facts) {
    for (const view of await survey(context, facts)) if (view.lacking.length > 0) await writeCopy(context, view)
  },
}

// --- internal ---

interface TakeOverState {
  readonly made: HandMade
  readonly copy: { readonly namespace: string; readonly name: string }
  /** Undefined when it does not exist yet. */
  readonly copied: SecretObject | undefined
  /** Keys the operator would remove, or write over. */
  readonly endangered: readonly string[]
  /** Those it would remove. */
  readonly vanishing: readonly string[]
  /** Those that the copy lacks. */
  readonly lacking: readonly string[]
  readonly problems: readonly Problem[]
}

/** Told from the start, and in the way only afterwards. */
const later = (problem: Problem): Problem => ({ ...problem, severity: 'warning' })

async function survey(context: MigrationContext, facts: Facts): Promise<TakeOverState[]> {
  const { client, signal } = context
  return Promise.all(
    (await facts.handMade()).map(async (made) => {
      const { data = {} } = made.secret
      const copy = copyRef(made)
      const copied = await client.get<SecretObject>(kinds.secret, copy, signal)
      const foreign = await foreignValues(context, facts, made)
      const catalogued = targetKeys(made.target)
      const extra = Object.keys(data).filter((key) => !catalogued.includes(key))
      const unfilled = foreign.filter(({ other }) => other === 'absent').map(({ key }) => key)
      const endangered = [...extra, ...foreign.map(({ key }) => key)].sort(compare)
      const vanishing = [...extra, ...unfilled].sort(compare)
      const has = (key: string) => Object.hasOwn(copied?.data ?? {}, key)
      const problems = obstacles(context, { made, copied, foreign, endangered })
      return { made, copy, copied, endangered, vanishing, lacking: endangered.filter((key) => !has(key)), problems }
    }),
  )
}

/** Adds keys and changes none. */
async function writeCopy(
  { client, signal, log }: MigrationContext,
  { made, copy, copied, lacking }: TakeOverState,
): Promise<void> {
  const { data = {} } = made.secret
  const added = Object.fromEntries(lacking.map((key) => [key, data[key] ?? '']))
  if (copied) {
    const { resourceVersion } = copied.metadata
    await client.mergePatch(kinds.secret, copy, { metadata: { resourceVersion }, data: added }, signal)
  } else {
    const labels = { 'app.kubernetes.io/managed-by': 'tiered-secrets' }
    const secret: SecretObject = { metadata: { ...copy, labels }, type: 'Opaque', data: added }
    await client.create<SecretObject>(kinds.secret, secret, signal)
  }
  log(`copied ${shortList(lacking)} of ${placeOfSecret(made.ref)} to ${placeOfSecret(copy)}`)
}

/** Workloads that would miss a key once they start again. */
async function userProblems(
  { client, signal }: MigrationContext,
  { made: { ref, target }, copy, copied, vanishing }: TakeOverState,
  needed: (key: string) => boolean,
): Promise<Problem[]> {
  const wanted = vanishing.filter(needed)
  if (wanted.length === 0) return []
  const held = new Map([
    [ref.name, targetKeys(target).filter((key) => !vanishing.includes(key))],
    [copy.name, Object.keys(copied?.data ?? {})],
  ])
  const after: KnownKeys = { keysOf: ({ kind, name }) => (kind === 'Secret' ? held.get(name) : undefined) }
  const templates = await readPodTemplates(client, ref.namespace, signal)
  return templates.flatMap(({ kind, name, outline, isOver }) => {
    const losses = (isOver ? [] : wanted).map((key) => {
      return { key, loss: lossByRemoval(outline, { target: ref.name, key, gone: vanishing }, after) }
    })
    const lost = losses.filter(({ loss }) => loss !== 'nothing')
    const place = `${kind}/${ref.namespace}/${name}`
    return lost.length > 0 ? [keysInUse(place, outline, lost, { from: ref.name, to: copy.name })] : []
  })
}
