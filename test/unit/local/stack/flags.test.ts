import { expect, test } from 'vitest'
import { apiServerArgs, controllerManagerArgs, etcdArgs, operatorArgs } from '../../../../scripts/local/stack/flags.ts'

const lists = {
  etcd: etcdArgs(),
  'kube-apiserver': apiServerArgs({ port: 6443 }),
  'kube-controller-manager': controllerManagerArgs({ port: 10257 }),
  'external-secrets': operatorArgs({ livePort: 8082, concurrent: 4 }),
}

test.each(Object.entries(lists))('%s listens on this machine only', (_, args) => {
  const addresses = args.filter((arg) => /address|-addr=|listen/.test(arg))
  for (const address of addresses) expect(address).toMatch(/=(127\.0\.0\.1(:\d+)?|unix:\/\/[\w-]+:0|0)$/)
})

test('etcd has no TCP port at all: its sockets are in the private folder', () => {
  const urls = lists.etcd.filter((arg) => arg.includes('://'))
  expect(urls.length).toBeGreaterThan(3)
  for (const url of urls) expect(url).toContain('=unix://'.slice(0, 1))
  expect(lists.etcd.join(' ')).not.toMatch(/https?:/)
})

test('the API server reads tokens from a file, enforces RBAC and knows nobody without a token', () => {
  expect(lists['kube-apiserver']).toEqual(
    expect.arrayContaining([
      '--secure-port=6443',
      '--authorization-mode=RBAC',
      '--anonymous-auth=false',
      '--token-auth-file=tokens.csv',
      '--disable-admission-plugins=ServiceAccount',
    ]),
  )
})

test('extra flags of the API server and of etcd come last, where they win', () => {
  expect(apiServerArgs({ port: 1, extra: ['--v=4'] }).at(-1)).toBe('--v=4')
  expect(etcdArgs(['--quota-backend-bytes=1']).at(-1)).toBe('--quota-backend-bytes=1')
})

test('more controllers run besides those that are always there', () => {
  const [own, more] = [[], ['deployment-controller']].map((names) =>
    controllerManagerArgs({ port: 1, more: names }).find((arg) => arg.startsWith('--controllers=')),
  )
  expect(more).toBe(`${own},deployment-controller`)
})

test('the controller manager collects garbage, empties namespaces, counts quotas and fills the built-in roles', () => {
  expect(lists['kube-controller-manager']).toContain(
    '--controllers=garbage-collector-controller,namespace-controller,serviceaccount-controller,resourcequota-controller,clusterrole-aggregation-controller',
  )
  expect(lists['kube-controller-manager']).toContain('--secure-port=10257')
})

test('the operator watches what we emit, and serves no metrics', () => {
  expect(lists['external-secrets']).toEqual(
    expect.arrayContaining([
      '--concurrent=4',
      '--enable-cluster-store-reconciler=false',
      '--enable-cluster-external-secret-reconciler=false',
      '--enable-push-secret-reconciler=false',
      '--enable-cluster-push-secret-reconciler=false',
      '--metrics-addr=0',
      '--live-addr=127.0.0.1:8082',
    ]),
  )
})

test('the operator serves stores of a class only when it is told to', () => {
  const args = operatorArgs({ livePort: 8082, concurrent: 4, controllerClass: 'shop' })
  expect(args.filter((arg) => !lists['external-secrets'].includes(arg))).toEqual(['--controller-class=shop'])
})
