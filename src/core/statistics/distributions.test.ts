import { expect, test } from 'vitest'
import { betaCdf, binomialCdf, clopperPearson, logGamma, studentQuantile } from './beta.ts'
import { normalCdf, normalQuantile } from './normal.ts'

// Figures of scipy 1.17.1 and statsmodels 0.15.0.

const near = (found: readonly number[], expected: readonly number[], relative = 1e-12) => {
  found.forEach((x, i) => {
    expect(Math.abs(x - expected[i]!)).toBeLessThanOrEqual(relative * Math.abs(expected[i]!))
  })
}

test('the normal distribution is what scipy has, in the middle and far out', () => {
  near(
    [1e-12, 0.001, 0.025, 0.3, 0.9].map(normalQuantile),
    [-7.034483825301131, -3.090232306167813, -1.9599639845400545, -0.5244005127080409, 1.2815515655446004],
  )
  near(
    [-10, -3, -1, 0.5, 2].map(normalCdf),
    [7.61985302416047e-24, 0.0013498980316300933, 0.15865525393145707, 0.6914624612740131, 0.9772498680518208],
  )
  expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY)
})

test('quantiles of Student’s t are what scipy has', () => {
  near(
    [1, 2, 5, 19, 499].map(freedom => studentQuantile(0.975, freedom)),
    [12.706204736174694, 4.302652729749462, 2.5705818356363146, 2.0930240544083087, 1.9647293909876886],
  )
})

test('the beta distribution and the gamma function are what scipy and known values have', () => {
  near(
    [betaCdf(0.1, 1, 20), betaCdf(0.3, 3, 8), betaCdf(0.99, 50, 2), betaCdf(0.31, 300, 700), betaCdf(0.001, 0.5, 0.5)],
    [0.8784233454094308, 0.6172172136000003, 0.9075091007063049, 0.7564186827315443, 0.020135041633377492],
  )
  near([logGamma(0.5), logGamma(5), logGamma(171)], [Math.log(Math.PI) / 2, Math.log(24), 706.5730622457874])
})

test('tails of the binomial and Clopper and Pearson’s interval are what scipy and statsmodels have', () => {
  near(
    [binomialCdf(3, 10, 0.5), binomialCdf(45, 500, 0.1), binomialCdf(0, 7, 0.2)],
    [0.171875, 0.25468926056234353, 0.2097152],
    1e-11,
  )
  const found = [clopperPearson(7, 20)!, clopperPearson(372, 500)!].flatMap(({ low, high }) => [low, high])
  near(found, [0.15390920478454118, 0.5921885345328282, 0.7033729897312782, 0.7817141294688897], 1e-11)
  expect(clopperPearson(0, 20)).toMatchObject({ low: 0, high: expect.closeTo(0.16843347098308534, 12) })
  expect(clopperPearson(0, 0)).toBeNull()
})
