import { done, form, mailToken, post } from "./api.js";

form(async () => {
  await post("/v1/auth/verify", { token: mailToken() });
  done();
});
