import { test } from 'vitest'
import { finishesWithAllFigures } from './benchmarks.ts'

// It builds the package in this repository, as other tests do.
test('npm run bench -- --only package finishes with all figures', { timeout: 300_000 }, () =>
  finishesWithAllFigures('package', 3),
)
