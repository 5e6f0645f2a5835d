// A workplace that is open in; the HTTP face over it out: for tests.
import type { Hono } from 'hono'
import { httpApp } from './http.ts'
import type { Operation } from './operation.ts'
import { operations as all } from './operations.ts'
import type { Workplace } from './workplace.ts'

export const appOf = (workplace: Workplace, operations: readonly Operation<never, unknown>[] = all): Hono =>
  httpApp({
    workplace,
    operations,
    version: '0',
    hosts: ['localhost'],
    isReady: () => true,
    opened: Promise.resolve(),
  })
