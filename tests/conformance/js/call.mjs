// Reads [[operation, input], ...] from stdin, makes each call with the SDK as its users do, and
// writes [{output} or {error, message, status, requestId}, ...]. The environment says where to.
import { readFileSync } from "node:fs";
import * as rekognition from "@aws-sdk/client-rekognition";

const bytes = (key, value) => (key === "Bytes" ? Buffer.from(value, "base64") : value);
const calls = JSON.parse(readFileSync(0, "utf8"), bytes);
const client = new rekognition.RekognitionClient({});

async function answer([operation, input]) {
  try {
    return { output: await client.send(new rekognition[`${operation}Command`](input)) };
  } catch (error) {
    const { httpStatusCode: status, requestId } = error.$metadata ?? {};
    const isOwnClass = rekognition[error.name] !== undefined && error instanceof rekognition[error.name];
    return { error: error.name, message: error.message, status, requestId, isOwnClass };
  }
}

const answers = [];
for (const call of calls) answers.push(await answer(call));
process.stdout.write(JSON.stringify(answers));
