import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { tryRun } from '../../scripts/lib/exec.ts'
import { type Repository, userFolder } from '../helpers/repository.ts'

let repository: Repository
beforeAll(async () => {
  repository = await userFolder()
})

const packed = (...args: readonly string[]) => repository.cli(['package', ...args])
const left = () => readdir(join(repository.folder, 'out')).catch(() => [])

test('says what it has written, and how it is published', async () => {
  await repository.write('CHANGELOG.md', '# Changes\n\n## 1.2.3\n\n- one\n')
  const { stdout, stderr, exitCode } = await packed('--version', '1.2.3', '--out', 'out')
  expect(stdout).toMatch(/^out\/tiered-secrets-1\.2\.3\.tgz: [\d,]+ bytes, sha256:[0-9a-f]{64}$/)
  expect(stderr).toBe('to publish it: helm push out/tiered-secrets-1.2.3.tgz oci://<registry>/trackdechets')
  expect(exitCode).toBe(0)
  const again = await packed('--version', '1.2.3', '--out', 'out')
  expect([again.stdout, again.exitCode]).toEqual([stdout, 0])
  expect(again.stderr).toContain('out/tiered-secrets-1.2.3.tgz was there already, with the same bytes\n')
})

test('a version with build metadata has another tag, and one that the changelog lacks has no changes', async () => {
  const { stdout, stderr, exitCode } = await packed('--version', '1.2.4+7', '--out', 'out', '--output', 'json')
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, chartVersion: '1.2.4+7', appVersion: '0.1.0', changes: null })
  expect(stderr).toContain('CHANGELOG.md has no heading for 1.2.4+7: the archive names no changes\n')
  expect(stderr).toContain('a registry has it under the tag 1.2.4_7, because a tag has no +\n')
  expect(exitCode).toBe(0)
})

test('no version, or none that Helm knows, is wrong usage', async () => {
  expect(await packed()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("'--version <version>'") })
  const { stderr, exitCode } = await packed('--version', 'v1.2.3')
  expect(stderr).toContain('--version v1.2.3: is not a version of a chart. Expected SemVer')
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('(WRONG_USAGE)')])
})

test('the archive is given a date of your choice', async () => {
  const file = join(repository.folder, 'dated/tiered-secrets-1.2.3.tgz')
  const dated = (seconds: string) =>
    repository.cli(['package', '--version', '1.2.3', '--out', 'dated'], { SOURCE_DATE_EPOCH: seconds })
  expect(await dated('1764374400')).toMatchObject({ exitCode: 0 })
  expect((await stat(file)).mtime.toISOString()).toBe('2025-11-29T00:00:00.000Z')
  expect(await dated('today')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('SOURCE_DATE_EPOCH=today: is not a time.'),
  })
})

test('another content under the same version is refused, and stays', async () => {
  const file = join(repository.folder, 'out/tiered-secrets-2.0.0.tgz')
  await mkdir(join(repository.folder, 'out'), { recursive: true })
  await writeFile(file, 'other')
  const { stdout, stderr, exitCode } = await packed('--version', '2.0.0', '--out', 'out')
  expect([exitCode, stdout, stderr]).toEqual([3, '', expect.stringContaining('(PACKAGE_DIFFERS)')])
  expect(stderr).toContain(`${file}: is there already, with other content.`)
  expect((await stat(file)).size).toBe(5)
})

test('files that nobody generated, or that are stale, are not packed', async () => {
  const foreign = 'charts/tiered-secrets/templates/mine.yaml'
  await repository.write(foreign, 'kind: X\n')
  const before = await left()
  const extended = await packed('--version', '3.0.0', '--out', 'out')
  expect([extended.exitCode, extended.stderr]).toEqual([3, expect.stringContaining('(CHART_EXTENDED)')])
  await repository.remove(foreign)
  const schema = await repository.read('charts/tiered-secrets/values.schema.json')
  await repository.edit('charts/tiered-secrets/values.schema.json', 'draft-07', 'draft-06')
  const stale = await packed('--version', '3.0.0', '--out', 'out')
  expect([stale.exitCode, stale.stderr]).toEqual([3, expect.stringContaining('(STALE)')])
  await repository.write('charts/tiered-secrets/values.schema.json', schema)
  expect(await left()).toEqual(before)
})

test('a place that takes no file is named, and nothing half is left there', async () => {
  await repository.write('a-file', 'x')
  const inFile = await packed('--version', '4.0.0', '--out', 'a-file')
  expect([inFile.exitCode, inFile.stderr]).toEqual([3, expect.stringContaining('(FILE_NOT_WRITTEN)')])

  const small = join(repository.folder, 'small')
  await mkdir(small)
  // No file may become longer than 8 KiB, which stands for a full disk.
  const script = 'ulimit -f 16; exec "$0" "$@" package --version 4.0.0 --out small'
  const full = await tryRun('sh', ['-c', script, process.execPath, ...repository.program], { cwd: repository.folder })
  expect(full.stderr).toMatch(/tiered-secrets-4\.0\.0\.tgz: can't be written: .*\(FILE_NOT_WRITTEN\)/s)
  expect([full.exitCode, full.stdout]).toEqual([3, ''])
  expect(await readdir(small)).toEqual([])
})
