import { LineCounter } from 'yaml'
import type { CodePlace } from './code-read.ts'

/** Tells the line and column, both from 1, of an offset in a text whose lines end with one of `breaks`. */
export function placesIn(text: string, breaks: RegExp): (offset: number) => Omit<CodePlace, 'file'> {
  const counter = new LineCounter()
  counter.addNewLine(0)
  for (const { 0: end, index } of text.matchAll(breaks)) counter.addNewLine(index + end.length)
  return (offset) => {
    const { line, col: column } = counter.linePos(offset)
    return { line, column }
  }
}
