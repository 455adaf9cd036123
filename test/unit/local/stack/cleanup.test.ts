import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { kubeconfigText, makePrivateFolder, writeCredentials } from '../../../../scripts/local/stack/access-files.ts'
import { Cleanup } from '../../../../scripts/local/stack/cleanup.ts'
import { freePort } from '../../../../scripts/local/stack/free-port.ts'
import { startGuard } from '../../../../scripts/local/stack/guard.ts'
import { eventually } from '../../../helpers/eventually.ts'
import { temporaryFolder } from '../../../helpers/folders.ts'
import { isRunning } from '../../../helpers/processes.ts'

test('what was started last is stopped first', async () => {
  const order: string[] = []
  {
    await using cleanup = new Cleanup()
    for (const name of ['folder', 'etcd', 'kube-apiserver']) cleanup.defer(() => void order.push(name))
  }
  expect(order).toEqual(['kube-apiserver', 'etcd', 'folder'])
})

test('a part that fails to stop keeps no other from being stopped', async () => {
  const order: string[] = []
  const cleanup = new Cleanup()
  cleanup.defer(() => void order.push('folder'))
  cleanup.defer(() => Promise.reject(new Error('etcd is stuck')))
  cleanup.defer(() => void order.push('kube-apiserver'))
  await expect(cleanup[Symbol.asyncDispose]()).rejects.toThrow('etcd is stuck')
  expect(order).toEqual(['kube-apiserver', 'folder'])
})

test('stopping twice stops once', async () => {
  let stops = 0
  const cleanup = new Cleanup()
  cleanup.defer(() => void stops++)
  await cleanup[Symbol.asyncDispose]()
  await cleanup[Symbol.asyncDispose]()
  expect(stops).toBe(1)
})

test('the private folder and the credentials in it are for this user only', async () => {
  const folder = await makePrivateFolder(await temporaryFolder())
  const token = await writeCredentials(folder)
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
  for (const file of ['tokens.csv', 'service-account.key']) {
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
  }
  expect(token).toMatch(/^[0-9a-f]{64}$/)
  expect(await readFile(join(folder, 'tokens.csv'), 'utf8')).toBe(`${token},admin,admin,"system:masters"\n`)
})

test('the kubeconfig has one context, which is the current one', () => {
  const text = kubeconfigText({ context: 'local', server: 'https://127.0.0.1:1', ca: 'PEM', token: 't' })
  expect(parse(text)).toMatchObject({
    'current-context': 'local',
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'local' } }],
    clusters: [{ cluster: { server: 'https://127.0.0.1:1', 'certificate-authority-data': 'UEVN' } }],
    users: [{ user: { token: 't' } }],
  })
})

test('a free port can be listened on', async () => {
  const port = await freePort()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await new Promise((resolve) => server.close(resolve))
})

test('a guard that is disposed touches nothing', async () => {
  const folder = join(await temporaryFolder(), 'private')
  await mkdir(folder)
  const child = spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' })
  const guard = startGuard(folder)
  guard.watch(child.pid ?? 0)
  await guard[Symbol.asyncDispose]()
  expect(isRunning(child.pid ?? 0)).toBe(true)
  expect(existsSync(folder)).toBe(true)
  child.kill('SIGKILL')
})

test('a process that is killed outright is outlived neither by what it started nor by its folder', async () => {
  const folder = join(await temporaryFolder(), 'private')
  await mkdir(folder)
  const script = `
    import { spawn } from 'node:child_process'
    import { startGuard } from '${process.cwd()}/scripts/local/stack/guard.ts'
    const guard = startGuard('${folder}')
    const child = spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' })
    guard.watch(child.pid)
    console.log(child.pid)
    setInterval(() => {}, 1000)
  `
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script])
  const output = await new Promise<string>((resolve) => parent.stdout.once('data', (data) => resolve(String(data))))
  const pid = Number(output)
  expect(isRunning(pid)).toBe(true)
  parent.kill('SIGKILL')
  await eventually(
    () => [isRunning(pid), existsSync(folder)],
    ([running, there]) => !running && !there,
  )
})
