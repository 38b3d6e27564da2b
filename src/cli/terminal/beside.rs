//! What an operator does beside the runbook: another text for a command, a shell of their own.

use rustix::termios::OptionalActions;

use crate::engine::{Answer, AskChanges, AskDifference, AskEdit, Changes, Difference, Edit, From};
use crate::policy::Effect;

use super::super::editor::{self, Saved};
use super::super::keyboard::Echo;
use super::{Reply, Terminal, unanswered};

impl Terminal {
    /// Another text for a command.
    pub(super) fn other_text(&mut self, ask: &AskEdit<'_>) -> Answer<Edit> {
        if let Some(refused) = ask.refused {
            self.say(refused);
            let keys = [('y', "yes"), ('n', "no"), ('p', "pause")];
            let question = "edit it again? [y yes, n keep the command as it was, p pause]:";
            match self.key(question, &keys) {
                Ok('y') => {}
                Ok(_) => return Answer::Given(Edit::Dropped, From::Operator),
                Err(reply) => return unanswered(&reply),
            }
        }
        let edited = match editor::named() {
            Some(program) => self.edited(&program, ask.text),
            None => self.composed(ask.text),
        };
        match edited {
            Ok(Some(text)) => Answer::Given(Edit::To(text), From::Operator),
            Ok(None) => Answer::Given(Edit::Dropped, From::Operator),
            Err(reply) => unanswered(&reply),
        }
    }

    /// Whether that text is meant, and why.
    pub(super) fn is_meant(&mut self, ask: &AskDifference<'_>) -> Answer<Difference> {
        self.cite(ask.difference.as_str());
        let (before, after) = ask.effects;
        if before != after {
            self.say(&format!("it {} until now, and {} then", does(before), does(after)));
        }
        if ask.promises {
            self.say("what it promises stays: its expectations are the runbook's");
        }
        if ask.several {
            self.say("it holds for this value and for those that are still to come");
        }
        let keys = [('y', "yes"), ('c', "change"), ('n', "no"), ('p', "pause")];
        let question = "put it in the command's place, for this run? [y yes, c change it further, n no, p pause]:";
        match self.key(question, &keys) {
            Ok('y') => match self.reason() {
                Ok(reason) => Answer::Given(Difference::Take(reason), From::Operator),
                Err(reply) => unanswered(&reply),
            },
            Ok('c') => Answer::Given(Difference::Again, From::Operator),
            Ok(_) => Answer::Given(Difference::Drop, From::Operator),
            Err(reply) => unanswered(&reply),
        }
    }

    /// Whether the run goes on with what a shell has changed; not where nothing is said.
    pub(super) fn is_taken(&mut self, ask: &AskChanges<'_>) -> Answer<Changes> {
        self.say("the shell has left other than it was:");
        ask.changes.iter().for_each(|one| self.say(&format!("  {one}")));
        let question = "does the run go on with that? [y take it, n or Enter drops it, p pause]:";
        loop {
            let line = match self.ask(question, Echo::Shown) {
                Reply::Line(line) => line,
                other => return unanswered(&other),
            };
            match line.trim().to_lowercase().as_str() {
                "y" | "yes" => return Answer::Given(Changes::Take, From::Operator),
                "" | "n" | "no" => return Answer::Given(Changes::Drop, From::Operator),
                "p" | "pause" => return Answer::Pause,
                _ => self.say("type one of: y (take it), n (drop it), p (pause)"),
            }
        }
    }

    /// The text as the operator's editor leaves it; nothing where it is to stay as it was.
    fn edited(&mut self, program: &str, text: &str) -> Result<Option<String>, Reply> {
        let wishes = self.wishes.clone();
        let over = || wishes.is_hung_up();
        let ours = rustix::termios::tcgetattr(&self.input).map_err(|_| Reply::Gone)?;
        let set = |modes| rustix::termios::tcsetattr(&self.input, OptionalActions::Now, modes);
        set(&self.before).map_err(|_| Reply::Gone)?;
        let saved = editor::edit(program, text, &over);
        set(&ours).map_err(|_| Reply::Gone)?;
        // Ctrl-C in an editor is the editor's.
        wishes.forget_interrupts();
        match saved {
            Ok(Saved::Text(text)) => Ok(Some(text)),
            Ok(Saved::Over) => Err(Reply::Gone),
            Ok(Saved::Nothing(why)) => {
                self.say(&why);
                Ok(None)
            }
            Err(error) => {
                self.say(&format!("failed to start {program}: {error}"));
                Ok(None)
            }
        }
    }

    /// The same where there is no editor: the lines that are typed.
    fn composed(&mut self, text: &str) -> Result<Option<String>, Reply> {
        self.cite(text);
        self.say("there is no editor (VISUAL, EDITOR, vi): type the whole command here; a line");
        self.say("with only a full stop ends it, and nothing before that keeps the command");
        let mut lines = Vec::new();
        loop {
            match self.ask(">", Echo::Shown) {
                Reply::Line(line) if line.trim() == "." => break,
                Reply::Line(line) => lines.push(line.to_string()),
                other => return Err(other),
            }
        }
        Ok((!lines.is_empty()).then(|| lines.join("\n")))
    }
}

/// What a command does, in a word.
const fn does(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "reads",
        Effect::Unknown => "may write",
        Effect::Write => "WRITES",
    }
}
