import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run, tryRun } from '../../scripts/lib/exec.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { chartOf, helm4, helms, tryTemplate, valuesFile } from '../helpers/chart.ts'
import { committedEnvironments } from '../helpers/committed.ts'
import { ourChart } from '../helpers/generating.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'

const folder = await sharedFolder()
const { chart, values } = await chartOf(trackdechets)

describe.each(helms)('%s', (_, helm) => {
  test('packs what an installation needs and nothing else, into less than 64 KiB', async () => {
    const destination = join(folder, helm.replaceAll('/', '-'))
    await run(helm, ['package', ourChart, '--destination', destination])
    const [archive = '', ...others] = await readdir(destination)
    expect(others).toEqual([])
    expect((await stat(join(destination, archive))).size).toBeLessThan(64 * 1024)
    const files = (await run('tar', ['-tzf', join(destination, archive)])).split('\n').sort()
    expect(files).toEqual([
      'tiered-secrets/Chart.yaml',
      'tiered-secrets/README.md',
      'tiered-secrets/templates/NOTES.txt',
      'tiered-secrets/templates/_admission.tpl',
      'tiered-secrets/templates/_argocd.tpl',
      'tiered-secrets/templates/_external-secrets.tpl',
      'tiered-secrets/templates/_helpers.tpl',
      'tiered-secrets/templates/_network-policy.tpl',
      'tiered-secrets/templates/_operator-rules.tpl',
      'tiered-secrets/templates/_ref-problems.tpl',
      'tiered-secrets/templates/_size-rules.tpl',
      'tiered-secrets/templates/_source-rules.tpl',
      'tiered-secrets/templates/_source-variables.tpl',
      'tiered-secrets/templates/_target-problems.tpl',
      'tiered-secrets/templates/_target-rules.tpl',
      'tiered-secrets/templates/_target-variables.tpl',
      'tiered-secrets/templates/_target.tpl',
      'tiered-secrets/templates/_tier-problems.tpl',
      'tiered-secrets/templates/_validate.tpl',
      'tiered-secrets/templates/_writer-rules.tpl',
      'tiered-secrets/templates/external-secret.yaml',
      'tiered-secrets/templates/limit-range.yaml',
      'tiered-secrets/templates/namespace.yaml',
      'tiered-secrets/templates/network-policy.yaml',
      'tiered-secrets/templates/resource-quota.yaml',
      'tiered-secrets/templates/role-binding.yaml',
      'tiered-secrets/templates/role.yaml',
      'tiered-secrets/templates/sealed-secret.yaml',
      'tiered-secrets/templates/secret-store.yaml',
      'tiered-secrets/templates/secret.yaml',
      'tiered-secrets/templates/service-account.yaml',
      'tiered-secrets/templates/validating-admission-policy-binding.yaml',
      'tiered-secrets/templates/validating-admission-policy-credentials.yaml',
      'tiered-secrets/templates/validating-admission-policy-external-secrets.yaml',
      'tiered-secrets/templates/validating-admission-policy-operator-secrets.yaml',
      'tiered-secrets/templates/validating-admission-policy-other-kinds.yaml',
      'tiered-secrets/templates/validating-admission-policy-secret-stores.yaml',
      'tiered-secrets/values.schema.json',
      'tiered-secrets/values.yaml',
    ])
  })

  test('renders nothing with the default values, and finds no fault with them', async () => {
    const { stdout, stderr, exitCode } = await tryTemplate(helm, ourChart, await valuesFile(folder, {}))
    expect([stdout.trim(), stderr, exitCode]).toEqual(['', '', 0])
    const lint = await tryRun(helm, ['lint', '--strict', ourChart, '--kube-version', '1.37.0'])
    expect(lint.stdout).toContain('1 chart(s) linted, 0 chart(s) failed')
    expect(lint.exitCode).toBe(0)
  })

  test.each(committedEnvironments)('finds no fault with the values of %s', async (name) => {
    const args = ['lint', '--strict', ourChart, '--kube-version', '1.37.0', '--values', `values/${name}.yaml`]
    const { stdout, exitCode } = await tryRun(helm, args)
    expect(stdout).toContain('1 chart(s) linted, 0 chart(s) failed')
    expect(exitCode).toBe(0)
  })

  test('finds fault with values that are wrong', async () => {
    const args = [
      'lint',
      '--strict',
      ourChart,
      '--kube-version',
      '1.37.0',
      '--values',
      'test/fixtures/invalid-values.yaml',
    ]
    expect((await tryRun(helm, args)).exitCode).toBe(1)
  })

  test('does not install into a Kubernetes that is too old', async () => {
    const args = ['template', chart, '--values', values('recette'), '--kube-version']
    const { stderr, exitCode } = await tryRun(helm, [...args, '1.29.0'])
    expect(stderr).toContain('chart requires kubeVersion: >=1.30.0-0 which is incompatible with Kubernetes v1.29.0')
    expect(exitCode).toBe(1)
    expect((await tryRun(helm, [...args, '1.30.0'])).exitCode).toBe(0)
    expect((await tryRun(helm, [...args, '1.30.4-managed.1'])).exitCode).toBe(0)
  })
})

// Helm 3 shows the notes only after it has asked a cluster for its version.
const notes = (...args: string[]) =>
  run(helm4, ['install', 'x', chart, '--dry-run=client', '--namespace', 'n', '--hide-notes=false', ...args], {
    env: { KUBECONFIG: '/nowhere' },
  })

test('says how to see whether the secrets are synced', async () => {
  const text = await notes('--values', values('production'), '--disable-openapi-validation')
  expect(text.slice(text.indexOf('NOTES:'))).toBe(`NOTES:
trackdechets, environment production: the operator now reads Scaleway and writes these Secrets.

  backend: namespace trackdechets-backend, Scaleway key in Secret scw-backend-credentials
    backend-secrets (required)
    backend-optional-secrets (optional)
  frontend: namespace trackdechets-frontend, Scaleway key in Secret scw-frontend-credentials
    frontend-secrets (required)
    frontend-optional-secrets (optional)

Check that they exist. Each line has to say SecretSynced:

  kubectl get externalsecrets --namespace trackdechets-backend
  kubectl get externalsecrets --namespace trackdechets-frontend

If one does not, its events name the remote secret that is missing:

  kubectl get events --namespace trackdechets-backend --field-selector involvedObject.kind=ExternalSecret
  kubectl get events --namespace trackdechets-frontend --field-selector involvedObject.kind=ExternalSecret

A SecretStore that is Ready proves nothing: it is also Ready with a wrong key.`)
})

test('says that nothing is installed without tiers', async () => {
  expect(await notes()).toContain(
    'NOTES:\nNo tiers: nothing was installed. Give a values file, e.g. --values values/production.yaml',
  )
})
