// What import is measured against: DuckDB's COPY of a CSV file into a bare table of its columns.
import { DuckDBInstance } from '@duckdb/node-api'

const [file, database] = process.argv.slice(2)
const instance = await DuckDBInstance.create(database, { threads: '2' })
const connection = await instance.connect()
await connection.run(`CREATE TABLE bare (
  "at" TIMESTAMP, provider VARCHAR, model VARCHAR, prompt BIGINT, cached BIGINT, answer BIGINT,
  feature VARCHAR, "user" VARCHAR, environment VARCHAR)`)
await connection.run(`COPY bare FROM '${file}' (HEADER)`)
connection.closeSync()
instance.closeSync()
