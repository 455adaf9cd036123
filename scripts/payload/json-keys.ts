import { membersOf, sliceOf } from './json-scan.ts'

/** A name that an object gives a value more than once, and the lines of both, counted from 1. */
export interface RepeatedKey {
  readonly name: string
  readonly line: number
  readonly firstLine: number
}

/**
 * The names of an object that are there more than once, in the order of the text. The parser takes the last value of
 * each in silence.
 *
 * @param json the text of an object, which can be parsed. Only its own names count, not those of objects in it
 */
export function repeatedKeys(json: string): RepeatedKey[] {
  const first = new Map<string, number>()
  const repeated: RepeatedKey[] = []
  let [line, at] = [1, 0]
  for (const { label } of membersOf(json, { start: json.indexOf('{') })) {
    line += json.slice(at, label.start).split('\n').length - 1
    at = label.start
    const name = String(JSON.parse(sliceOf(json, label)))
    const firstLine = first.get(name)
    if (firstLine === undefined) first.set(name, line)
    else repeated.push({ name, line, firstLine })
  }
  return repeated
}
