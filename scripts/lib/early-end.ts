import { ProblemError } from './problems.ts'

/**
 * For a process that ends before its work is done, which would look like success: code that a data file runs may end it, or
 * wait for what never comes.
 */
export const endedEarly = new ProblemError({
  code: 'ENDED_EARLY',
  where: 'this command',
  message: 'was ended before it had done its work. Expected data files that only export.',
  fix: 'Look in the data files, and in what they import, for a call that ends the process, and for an `await` that never ends.',
})
