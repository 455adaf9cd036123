/**
 * Run as a program by a test: writes the first text, then the other, into a file, as often as it is reported; prints `first`
 * when the first one is there, and the problem as JSON when there is one.
 */
import { writeWhole } from '../../scripts/lib/files.ts'
import { ProblemError } from '../../scripts/lib/problems.ts'

const [path = '', times = '1', ...texts] = process.argv.slice(2)
try {
  for (let index = 0; index < Number(times); index++) {
    await writeWhole(path, textOf(texts[index % texts.length] ?? ''))
    if (index === 0) process.stdout.write('first\n')
  }
} catch (error) {
  if (!(error instanceof ProblemError)) throw error
  process.stdout.write(JSON.stringify(error.problems[0]))
  process.exitCode = error.exitCode
}

/** `a100000`: a hundred thousand times `a`, and a line break. */
function textOf(short: string): string {
  return `${short.charAt(0).repeat(Number(short.slice(1)))}\n`
}
