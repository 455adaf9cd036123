import type { CommandIo } from './command.ts'

/** Asks at the terminal, and tells that nothing was changed unless the answer is yes. */
export async function confirm(question: string, { input, log }: Pick<CommandIo, 'input' | 'log'>): Promise<boolean> {
  const answer = await input.ask(`${question} [y/N] `)
  if (/^y(es)?$/i.test(answer.trim())) return true
  log('nothing was changed')
  return false
}
