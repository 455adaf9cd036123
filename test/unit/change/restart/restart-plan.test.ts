import { describe, expect, test } from 'vitest'
import { planRestart, restartedAt, rollingWorkloads } from '../../../../scripts/change/restart/restart-plan.ts'
import { unmarkedTargets } from '../../../../scripts/change/restart/unmarked.ts'
import { cataloguedKeys } from '../../../../scripts/cluster/known-keys.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import type { RestartMode } from '../../../../scripts/model/types.ts'
import { applicationWith } from '../../../helpers/applications.ts'
import { mounting, podTemplate, reading, runningPod } from '../../../helpers/pod-templates.ts'

const changedAt = new Date('2026-11-05T10:00:00Z')
const [before, after] = [new Date('2026-11-05T09:59:59Z'), new Date('2026-11-05T10:00:00Z')]
const checksum = (target: string) => `tiered-secrets/checksum-${target}`

interface Case {
  readonly mode?: RestartMode
  readonly annotations?: Readonly<Record<string, string>>
  readonly podAnnotations?: Readonly<Record<string, string>>
  readonly reads?: readonly string[]
  readonly by?: 'variables' | 'files'
  readonly kind?: string
  readonly isCatalogued?: boolean
  /** When its pods started. Default: after every change */
  readonly pods?: readonly (Date | undefined)[]
  /** Targets that exist. Default: the required one */
  readonly targets?: readonly string[]
  /** Whether targets have the annotation of the chart. Default: true */
  readonly isMarked?: boolean
}

/** What is planned for the Deployment `server`, which reads `TOKEN` and the optional `HINT`. */
function plan({ mode, annotations = {}, podAnnotations = {}, by = 'variables', ...parts }: Case) {
  const {
    kind = 'Deployment',
    isCatalogued = true,
    reads = ['api-secrets'],
    pods = [after],
    targets = ['api-secrets'],
    isMarked = true,
  } = parts
  const model = resolve(applicationWith({ secrets: [{}, { variable: 'HINT', optional: true }] }), 'dev')
  const tier = model.tiers.find(({ name }) => name === 'api')
  if (!tier) throw new Error('no tier')
  const spec = by === 'files' ? mounting(...reads) : reading(...reads)
  const state = {
    template: podTemplate({ kind, name: isCatalogued ? 'server' : 'other', annotations, podAnnotations }, spec),
    pods: pods.map((startedAt, index) => runningPod(`server-${index}`, startedAt, spec)),
    known: cataloguedKeys(tier),
  }
  const absent = { pods: [], known: state.known }
  const views = tier.externalSecrets
    .filter(({ name }) => targets.includes(name))
    .map(
      (target) =>
        [target, { keys: [], type: 'Opaque', changedAt, isMarked, version: `version of ${target.name}` }] as const,
    )
  const view = {
    tier,
    readers: {
      consumers: new Map([
        ['server', isCatalogued ? state : absent],
        ['worker', absent],
      ]),
      unlisted: isCatalogued ? [] : [state],
    },
    targets: new Map(views),
  }
  const rows = planRestart(mode, [view])
  const problems = unmarkedTargets({ ...model, restart: mode }, [view])
  return {
    rows,
    problems,
    row: rows.find(({ name }) => name === 'server'),
    others: rows.filter(({ name }) => name !== 'server'),
  }
}

const decision = (parts: Case) => {
  const { action, patch } = plan(parts).row ?? {}
  return { action, ...(patch ? { patch } : {}) }
}
const template = (annotations: Readonly<Record<string, string>>) => ({
  spec: { template: { metadata: { annotations } } },
})

describe('without a mode', () => {
  test('what runs since before its target changed is restarted, by the time of the change', () => {
    const patch = template({ [restartedAt]: changedAt.toISOString() })
    expect(decision({ pods: [before, after] })).toEqual({ action: 'restart', patch })
    expect(decision({ pods: [after] })).toEqual({ action: 'none' })
    expect(decision({ pods: [] })).toEqual({ action: 'none' })
    expect(decision({ pods: [undefined] })).toEqual({ action: 'none' })
  })

  test('a restart that was begun is waited for and not begun again, also when another run began it', () => {
    for (const time of [changedAt, new Date(changedAt.getTime() + 60_000)]) {
      const podAnnotations = { [restartedAt]: time.toISOString() }
      expect(decision({ pods: [before], podAnnotations })).toEqual({ action: 'wait' })
    }
    expect(decision({ pods: [before], podAnnotations: { [restartedAt]: before.toISOString() } }).action).toBe('restart')
  })

  test('files follow the Secret, and what is not read does not matter', () => {
    expect(decision({ pods: [before], by: 'files' })).toEqual({ action: 'none' })
    expect(decision({ pods: [before], reads: ['other'] })).toEqual({ action: 'none' })
  })
})

describe('checksum', () => {
  const mode = 'checksum'

  test('a pod template that does not name what its targets hold is made to', () => {
    const wanted = {
      [checksum('api-secrets')]: 'version of api-secrets',
      [checksum('api-optional-secrets')]: 'version of api-optional-secrets',
    }
    const targets = ['api-secrets', 'api-optional-secrets']
    const restart = { action: 'restart', patch: template(wanted) }
    expect(decision({ mode, targets })).toEqual(restart)
    expect(decision({ mode, targets, podAnnotations: { ...wanted, [checksum('api-secrets')]: 'x' } })).toEqual(restart)
    expect(decision({ mode, targets, podAnnotations: wanted })).toEqual({ action: 'none' })
  })

  test('one that does, with older pods left, is waited for', () => {
    const podAnnotations = { [checksum('api-secrets')]: 'version of api-secrets' }
    expect(decision({ mode, podAnnotations, pods: [before] })).toEqual({ action: 'wait' })
  })

  test('a target that does not exist has no checksum', () => {
    expect(decision({ mode, targets: ['api-optional-secrets'] }).patch).toEqual(
      template({ [checksum('api-optional-secrets')]: 'version of api-optional-secrets' }),
    )
  })
})

describe('reloader', () => {
  const mode = 'reloader'
  const search = { 'reloader.stakater.com/search': 'true' }

  test('what Reloader does not know is made known to it, and restarted only when it runs older values', () => {
    const patch = { metadata: { annotations: search } }
    expect(decision({ mode })).toEqual({ action: 'annotate', patch })
    const both = { ...patch, ...template({ [restartedAt]: changedAt.toISOString() }) }
    expect(decision({ mode, pods: [before] })).toEqual({ action: 'restart', patch: both })
  })

  test('what Reloader knows is left to it', () => {
    expect(decision({ mode, annotations: search })).toEqual({ action: 'none' })
    expect(decision({ mode, annotations: search, pods: [before] })).toEqual({ action: 'wait' })
  })

  test('a target without the annotation of the chart is reported, and what it leaves old is restarted without Reloader', () => {
    const parts = { mode, annotations: search, isMarked: false } as const
    const { row, problems } = plan(parts)
    expect(row?.reason).toBe('Reloader does not restart it for api-secrets, which lacks reloader.stakater.com/match')
    expect(problems).toMatchObject([
      {
        code: 'TARGET_UNKNOWN_TO_RELOADER',
        where: 'Secret/shop-api/api-secrets',
        fix: '`npm run deploy -- --environment dev`',
      },
    ])
    expect(plan({ ...parts, isMarked: true }).problems).toEqual([])
    expect(plan({ ...parts, mode: 'checksum' }).problems).toEqual([])
    expect(plan({ ...parts, reads: [] }).problems).toEqual([])
    const patch = template({ [restartedAt]: changedAt.toISOString() })
    expect(decision({ ...parts, pods: [before] })).toEqual({ action: 'restart', patch })
    const podAnnotations = { [restartedAt]: changedAt.toISOString() }
    expect(decision({ ...parts, podAnnotations, pods: [before] })).toEqual({ action: 'wait' })
    const own = { 'secret.reloader.stakater.com/reload': 'api-secrets' }
    expect(plan({ ...parts, annotations: own })).toMatchObject({ row: { action: 'none' }, problems: [] })
  })

  test('what excludes the target is left alone, and so is what reads none', () => {
    const annotations = { 'secrets.exclude.reloader.stakater.com/reload': 'api-secrets' }
    expect(decision({ mode, annotations })).toEqual({ action: 'none' })
    expect(decision({ mode, reads: [] })).toEqual({ action: 'none' })
  })
})

test.each<RestartMode | undefined>([undefined, 'checksum', 'reloader'])(
  '%s: a CronJob and what is absent stay',
  (mode) => {
    const { others } = plan({ ...(mode ? { mode } : {}), pods: [before] })
    expect(others.map(({ name, action, reason }) => [name, action, reason])).toEqual([
      ['worker', 'none', 'it is not in the cluster'],
    ])
  },
)

describe('a workload that the catalogue does not name', () => {
  const others = (parts: Case) =>
    plan({ ...parts, isCatalogued: false }).rows.flatMap(({ kind, name, isCatalogued, action }) =>
      isCatalogued ? [] : `${kind}/${name} ${action}`,
    )

  test.each<RestartMode | undefined>([undefined, 'checksum', 'reloader'])('%s: is restarted as the others', (mode) => {
    expect(others({ ...(mode ? { mode } : {}), pods: [before] })).toEqual(['Deployment/other restart'])
  })

  test('is left alone where it has the current values', () => {
    expect(others({})).toEqual(['Deployment/other none'])
    expect(others({ pods: [before], by: 'files' })).toEqual(['Deployment/other none'])
  })

  test('is stuck where nothing replaces its pods', () => {
    expect(others({ kind: 'Pod', pods: [before] })).toEqual(['Pod/other stuck'])
    expect(others({ kind: 'ReplicaSet', pods: [before] })).toEqual(['ReplicaSet/other stuck'])
    expect(others({ kind: 'Pod' })).toEqual(['Pod/other none'])
    expect(others({ kind: 'Job', pods: [before] })).toEqual(['Job/other none'])
  })

  test('is restarted by its template whatever its kind', () => {
    expect(others({ kind: 'Rollout', pods: [before] })).toEqual(['Rollout/other restart'])
    expect(others({ kind: 'CloneSet', pods: [before] })).toEqual(['CloneSet/other restart'])
  })
})

test('only what restarts is waited for', () => {
  const refs = (parts: Case) => rollingWorkloads(plan(parts).rows).map(({ kind, name }) => `${kind}/${name}`)
  expect(refs({ pods: [before] })).toEqual(['Deployment/server'])
  expect(refs({ mode: 'reloader' })).toEqual([])
  expect(refs({ mode: 'reloader', pods: [before] })).toEqual(['Deployment/server'])
  expect(refs({ mode: 'reloader', annotations: { 'reloader.stakater.com/search': 'true' }, pods: [before] })).toEqual([
    'Deployment/server',
  ])
})
