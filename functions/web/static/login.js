import { enter, form, keep, knownDevice, post } from "./api.js";
import { get, passkeys } from "./passkey.js";

const $ = (id) => document.getElementById(id);
const login = async (body) => (await post("/v1/auth/login", body)).json();

const signIn = form(async ({ email, password, code }) => {
  const fields = { email, password, ...knownDevice() };
  if (code) fields.code = code;
  try {
    keep(await login(fields));
  } catch (error) {
    if (error.code === "second_factor_required") {
      $("second").hidden = false;
      document.querySelector("[name=code]").focus();
    }
    throw error;
  }
  await enter();
});

$("by-passkey").hidden = !passkeys;
$("passkey").addEventListener("click", () => signIn(async () => {
  const answer = await get((passkey) => login({ passkey }));
  keep(await login({ passkey: answer, ...knownDevice() }));
  await enter();
}));

$("forgot").addEventListener("click", async () => {
  const email = document.querySelector("[name=email]");
  if (!email.value) return email.focus();
  await post("/v1/auth/password/forgot", { email: email.value }).catch(() => {});
  $("sent").hidden = false;
});
