import { readFile } from 'node:fs/promises'

/** A stage of a Dockerfile, with its instructions as written. */
export interface Stage {
  /** `AS <name>`; empty for the last one. */
  readonly name: string
  readonly from: string
  readonly instructions: readonly Instruction[]
}

export interface Instruction {
  /** `RUN`, `COPY` … */
  readonly word: string
  readonly rest: string
}

/** The stages of a Dockerfile without line continuations, here-documents and parser directives. Arguments before them are left out. */
export async function readDockerfile(path: string): Promise<readonly Stage[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const stages: { name: string; from: string; instructions: Instruction[] }[] = []
  for (const line of lines) {
    const [, word = '', rest = ''] = /^([A-Z]+) (.*[^\\])$/.exec(line) ?? []
    if (word === '') throw new Error(`${path}: can't be read here: ${line}`)
    const [from = '', name = ''] = rest.split(' AS ')
    if (word === 'FROM') stages.push({ name, from, instructions: [] })
    else stages.at(-1)?.instructions.push({ word, rest })
  }
  return stages
}
