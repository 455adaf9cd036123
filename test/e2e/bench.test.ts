import { test } from 'vitest'
import { finishesWithAllFigures } from './benchmarks.ts'

// The others start more stacks.
test.each([
  ['gen-values', 6],
  ['helm-template', 2],
  ['wait', 1],
  ['status', 5],
])('npm run bench -- --only %s finishes with all figures', { timeout: 900_000 }, finishesWithAllFigures)
