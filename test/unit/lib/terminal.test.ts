import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { commandInput } from '../../../scripts/lib/terminal.ts'

function terminal() {
  const input = Object.assign(new PassThrough(), { isTTY: true })
  const output = new PassThrough()
  let shown = ''
  output.setEncoding('utf8').on('data', (text: string) => {
    shown += text
  })
  const interrupt = new AbortController()
  const asking = commandInput(input, output, { signal: interrupt.signal, interrupt: () => interrupt.abort('SIGINT') })
  return { input, asking, shown: () => shown }
}

test('an answer is the line that was typed', async () => {
  const { input, asking, shown } = terminal()
  const answer = asking.ask('Name? ')
  input.write('Ada\r')
  expect(await answer).toBe('Ada')
  expect(shown()).toContain('Name? ')
  expect(asking.isTerminal).toBe(true)
})

test('nothing of a hidden answer is shown, corrections included', async () => {
  const { input, asking, shown } = terminal()
  const answer = asking.ask('Secret? ', { hidden: true })
  input.write('very-secrex\u007ft\r')
  expect(await answer).toBe('very-secret')
  expect(shown()).toBe('Secret? \n')
})

test('two questions are answered one after the other, and the second is hidden after one that was not', async () => {
  const { input, asking, shown } = terminal()
  const first = asking.ask('1? ')
  input.write('one\r')
  expect(await first).toBe('one')
  const second = asking.ask('2? ', { hidden: true })
  input.write('two\r')
  expect(await second).toBe('two')
  expect(shown()).toContain('one')
  expect(shown()).not.toContain('two')
})

test.each(['\r', '\r\n'])(
  'lines pasted together answer one question each, and none is shown that is hidden',
  async (end) => {
    const { input, asking, shown } = terminal()
    const first = asking.ask('1? ')
    input.write(`one${end}two${end}thr`)
    expect(await first).toBe('one')
    expect(await asking.ask('2? ', { hidden: true })).toBe('two')
    const third = asking.ask('3? ', { hidden: true })
    input.write(`ee${end}`)
    expect(await third).toBe('three')
    expect(shown()).toContain('one')
    expect(shown()).not.toMatch(/tw|th|ee/)
  },
)

test('Ctrl-D is an empty answer', async () => {
  const { input, asking } = terminal()
  const answer = asking.ask('? ', { hidden: true })
  input.write('\u0004')
  expect(await answer).toBe('')
})

test('Ctrl-C ends the question as it ends the command', async () => {
  const { input, asking, shown } = terminal()
  const answer = asking.ask('? ', { hidden: true })
  input.write('half\u0003')
  await expect(answer).rejects.toBe('SIGINT')
  expect(shown()).toBe('? \n')
})

test('what is piped in is read whole, up to 64 KiB', async () => {
  const input = new PassThrough()
  const { signal } = new AbortController()
  const piped = commandInput(input, new PassThrough(), { signal, interrupt: () => undefined })
  input.end('a\r\nb\u00e9\n')
  expect(piped.isTerminal).toBe(false)
  expect(await piped.read()).toBe('a\r\nb\u00e9\n')
})
