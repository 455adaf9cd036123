import { expect, test } from 'vitest'
import { beforeOptions, commandLine, pipedCommandLine } from '../../../scripts/lib/command-line.ts'

test('options of ours stand behind dashes, or npm would take them', () => {
  expect(commandLine`status --environment ${'recette'}`).toBe('npm run status -- --environment recette')
  expect(commandLine`check`).toBe('npm run check')
  expect(commandLine`rotate ${'backend.SESSION_SECRET'}`).toBe('npm run rotate -- backend.SESSION_SECRET')
  expect(beforeOptions('status')).toBe('npm run status --')
})

test('npm has a name of its own for start', () => {
  expect(commandLine`start`).toBe('npm start')
  expect(commandLine`start --once`).toBe('npm start -- --once')
  expect(commandLine`${'start'} --once`).toBe('npm start -- --once')
  expect(beforeOptions('start')).toBe('npm start --')
})

test('npm prints nothing of its own into what another program reads', () => {
  expect(pipedCommandLine`render --environment ${'recette'}`).toBe('npm run --silent render -- --environment recette')
})

test('what is put into it is words of it, whatever is in them, and a list may be empty', () => {
  const odd = 'a  b; $(id)'
  expect(commandLine`fill --only ${odd}`).toBe(`npm run fill -- --only '${odd}'`)
  expect(commandLine`migrate --environment ${'x'} ${[]}`).toBe('npm run migrate -- --environment x')
  expect(commandLine`${'lint:chart'} ${['--a', 'b c']}`).toBe("npm run lint:chart -- --a 'b c'")
})
