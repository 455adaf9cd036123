import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tryRun } from '../../scripts/lib/exec.ts'
import { repositoryCopy } from '../helpers/repository.ts'

test('gen-values on a full disk tells the file, loses nothing, and continues where it stopped when there is room', async () => {
  const repository = await repositoryCopy()
  const small = 'values/recette.yaml'
  const large = 'charts/tiered-secrets/values.schema.json'
  await repository.edit(small, 'fr-par', 'nl-ams')
  await repository.edit(large, 'draft-07', 'draft-06')
  const before = await repository.read(large)

  // No file may become longer than 8 KiB, which stands for a disk on which the schema has no room.
  const script = 'ulimit -f 16; exec "$0" "$@" gen-values'
  const program = [process.execPath, ...repository.program]
  const { exitCode, stdout, stderr } = await tryRun('sh', ['-c', script, ...program], { cwd: repository.folder })
  expect(stderr).toMatch(
    /values\.schema\.json: can't be written: the disk is full, or the file too large for it \(EFBIG\)\. .*\n {2}fix: Free disk space.*; nothing was lost\.\n {2}\(FILE_NOT_WRITTEN\)$/,
  )
  expect(stderr).not.toMatch(/^ +at |bug of tiered-secrets/m)
  expect([exitCode, stdout]).toEqual([3, ''])
  expect(await repository.read(large)).toBe(before)
  expect(await repository.read(small)).toContain('fr-par')
  const left = await readdir(join(repository.folder, 'charts/tiered-secrets'))
  expect(left.filter((name) => name.endsWith('.tmp'))).toEqual([])

  expect(await repository.cli(['gen-values'])).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining(`updated ${large}`),
  })
  expect((await repository.cli(['gen-values', '--check'])).exitCode).toBe(0)
})
