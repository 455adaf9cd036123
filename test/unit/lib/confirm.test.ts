import { expect, test } from 'vitest'
import { confirm } from '../../../scripts/lib/confirm.ts'

/** What is asked, what is answered, and what is reported. */
async function asked(answer: string) {
  const questions: string[] = []
  const told: string[] = []
  const input = {
    isTerminal: true,
    read: async () => '',
    ask: async (question: string) => {
      questions.push(question)
      return answer
    },
  }
  const confirmed = await confirm('Do it?', { input, log: (line) => told.push(line) })
  return { confirmed, questions, told }
}

test.each(['y', 'Y', 'yes', ' Yes '])('%j is a yes', async (answer) => {
  expect(await asked(answer)).toEqual({ confirmed: true, questions: ['Do it? [y/N] '], told: [] })
})

test.each(['', 'n', 'no', 'yesterday', 'oui'])(
  '%j is none, and it is reported that nothing was changed',
  async (answer) => {
    expect(await asked(answer)).toMatchObject({ confirmed: false, told: ['nothing was changed'] })
  },
)
