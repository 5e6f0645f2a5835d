// The bundled traces in; named shapes of a week of traffic, for sums that do not say when within a day their requests came, out.
import { type ArrivalProfile, flatProfile, profileOfCurve } from '../core/statistics/arrival-profile.ts'
import { readRateCurve } from './sample.ts'

const trace = 'servegen-m-large-rate-10min.csv.gz'

const diurnal = (): ArrivalProfile =>
  profileOfCurve(
    'diurnal',
    'a week of a production pool of large models, mean of 14 days in 10-minute steps (Alibaba ServeGen, Apache-2.0), its unnamed start taken as Monday 00:00 UTC',
    readRateCurve(trace),
  )

/** A profile by its name. */
export const arrivalProfile = (name: 'flat' | 'diurnal'): ArrivalProfile => (name === 'flat' ? flatProfile : diurnal())
