import { describe, expect, test } from 'vitest'
import { checkSchemas } from '../../scripts/chart/kubeconform.ts'
import { parseYamlDocuments } from '../../scripts/lib/yaml.ts'
import { byFlux, delivered } from '../fixtures/delivered.ts'
import { fluxHealth, type HealthExpressions } from '../helpers/flux.ts'
import { generatedFiles, productFolder } from '../helpers/generating.ts'
import { readRecordedStates } from '../helpers/recorded-states.ts'
import { tools } from '../helpers/tools.ts'

interface WithExpressions {
  readonly spec: {
    readonly healthCheckExprs: readonly (HealthExpressions & { readonly apiVersion: string; readonly kind: string })[]
  }
}

const { externalSecrets, secretStores } = await readRecordedStates()
const files = await generatedFiles(byFlux)

const nothing = { apiVersion: '', kind: '', current: '' }

/** What a generated file says of a kind. */
function expressionsIn(file: string, kind: string): HealthExpressions {
  const path = `gitops/flux/production/${file}.yaml`
  const [object] = parseYamlDocuments(files.get(path) ?? '', path) as readonly WithExpressions[]
  const {
    apiVersion: _,
    kind: __,
    ...expressions
  } = object?.spec.healthCheckExprs.find((one) => one.kind === kind) ?? nothing
  return expressions
}

/** Flux's verdict on each recorded state. */
async function verdicts(states: typeof externalSecrets, expressions?: HealthExpressions): Promise<object> {
  const names = Object.keys(states)
  const found = await fluxHealth(Object.values(states), expressions)
  return Object.fromEntries(names.map((name, index) => [name, found[index]]))
}

const noStatus = expect.stringMatching(/^error: .*no such (?:attribute|key)/)

describe('what Flux thinks of ExternalSecrets as the real operator leaves them', () => {
  test.each(['release', 'gate'])('the expressions of %s.yaml call those ready that have arrived', async (file) => {
    expect(await verdicts(externalSecrets, expressionsIn(file, 'ExternalSecret'))).toEqual({
      // Flux waits on after an error, as after InProgress.
      'not looked at': noStatus,
      'first sync failed': 'InProgress',
      'store broken': 'InProgress',
      'optional and absent': 'Current',
      synced: 'Current',
      // Only its Secret tells, which the gate lists too.
      'target deleted': 'Current',
      'edited and not yet synced again': 'InProgress',
      'synced again': 'Current',
      'failing after a success': 'InProgress',
      'edited while failing': 'InProgress',
      'secret deleted': 'InProgress',
      'target missing': 'InProgress',
      'no key found': 'InProgress',
    })
  })

  test('an optional one blocks nothing in any state', async () => {
    const optional = Object.entries(externalSecrets).map(([state, object]) => {
      const target = { ...(object.spec?.target as object), deletionPolicy: 'Merge' }
      return [state, { ...object, spec: { ...object.spec, target } }]
    })
    const found = await verdicts(Object.fromEntries(optional), expressionsIn('gate', 'ExternalSecret'))
    expect(new Set(Object.values(found))).toEqual(new Set(['Current']))
  })

  test.each([
    [
      'nothing, which leaves it to kstatus',
      undefined,
      ['not looked at', 'edited and not yet synced again', 'secret deleted'],
    ],
    [
      'Ready alone, as in the library of Flux',
      {
        failed: "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'False')",
        current: "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')",
      },
      ['edited and not yet synced again', 'target missing', 'no key found'],
    ],
    [
      'an observedGeneration that the operator does not write',
      {
        inProgress: 'has(status.observedGeneration) && status.observedGeneration != metadata.generation',
        current: "status.conditions.exists(e, e.type == 'Ready' && e.status == 'True' && e.reason == 'SecretSynced')",
      },
      ['edited and not yet synced again', 'no key found'],
    ],
  ])('with %s it would believe states in which no value has arrived', async (_title, expressions, believed) => {
    const found = await verdicts(externalSecrets, expressions)
    expect(found).toMatchObject(Object.fromEntries(believed.map((state) => [state, 'Current'])))
  })

  test('"failed" would end the wait at the first try of the operator, which tries again by itself', async () => {
    const failed = "status.conditions.exists(e, e.type == 'Ready' && e.status == 'False')"
    const { current } = expressionsIn('gate', 'ExternalSecret')
    expect(await verdicts(externalSecrets, { current, failed })).toMatchObject({
      'first sync failed': 'Failed',
      'store broken': 'Failed',
    })
    expect(expressionsIn('gate', 'ExternalSecret')).not.toHaveProperty('failed')
  })
})

test('a store is never waited for: its word is worth nothing, and a tier of optional secrets may have no key yet', async () => {
  const expressions = expressionsIn('release', 'SecretStore')
  const states = ['not looked at', 'ready', 'broken', 'ready with a wrong key']
  expect(await verdicts(secretStores, expressions)).toEqual(
    Object.fromEntries(states.map((state) => [state, 'Current'])),
  )
  expect(await verdicts(secretStores)).toMatchObject({ broken: 'InProgress', 'ready with a wrong key': 'Current' })
})

test('an expression that cannot be read fails, and does not pass for one that is not true', async () => {
  await expect(fluxHealth([], { current: 'status.conditions.exists(' })).rejects.toThrow(
    /failed to parse the expression Current/,
  )
})

describe('the files for Flux', () => {
  const repository = 'https://git.example.test/acme/kiosk.git'
  test.each([
    ['a branch of a public repository', { repository }],
    ['a private one by SSH', { repository: 'git@git.example.test:acme/kiosk.git', credentials: 'kiosk-git' }],
    ['a tag, in a folder of a repository', { repository, revision: 'refs/tags/v1.2.0', path: 'apps/the kiosk' }],
    ['a commit, in another namespace', { repository, revision: 'a'.repeat(40), namespace: 'gitops' }],
  ])('are what the definitions of Flux allow: %s', async (_title, spec) => {
    const { kubeconform } = await tools('kubeconform')
    const generated = await generatedFiles(delivered({ engine: 'flux', ...spec }))
    const own = [...generated].filter(([path]) => path.startsWith('gitops/flux/'))
    expect(own.map(([path]) => path)).toEqual(
      ['production', 'staging'].flatMap((environment) =>
        ['source', 'release', 'gate'].map((name) => `gitops/flux/${environment}/${name}.yaml`),
      ),
    )
    const manifests = own.map(([, text]) => text).join('---\n')
    expect(await checkSchemas(kubeconform.path, productFolder, manifests, 'gitops')).toEqual([])
    const wrong = manifests.replace('retryInterval: 5m', 'retryIntervall: 5m').replace('prune: false', 'prune: 0')
    const problems = await checkSchemas(kubeconform.path, productFolder, wrong, 'gitops')
    expect(problems.map(({ where }) => where)).toHaveLength(2)
  })
})
