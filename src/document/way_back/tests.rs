//! What real runbooks write about the way back, and what only looks like it.

use super::{About, End, end, sentences};

fn step(id: &str) -> End {
    End::Step(id.to_owned())
}

fn case(sentence: &str, about: About, expected: Option<&End>) {
    assert_eq!(end(sentence, about).as_ref(), expected, "{sentence}");
}

#[test]
fn a_sentence_says_until_which_step_there_is_a_way_back() {
    for sentence in [
        "Until step 7 you can still roll back.",
        "Up to step 7, everything can be reverted.",
        "Before step 7 is done you can still go back.",
        "All reversible until Step 7.",
        "Each step is separately reversible until step 7, which deletes the archive.",
        "A rollback is possible until step 7.",
        "The old tables stay, so a rollback is possible until step 7 drops them.",
        "The old key stays valid for now, so a rollback is possible until step 7.",
        "Order of operations, reversible up to step 7 because nothing is written before it:",
        "It can be rolled back at any time before step 7.",
        "Nothing is irreversible until step 7.",
        "Nothing here becomes irreversible until step 7 (contract).",
        "Everything before step 7 is reversible.",
        "Rollback: until step 7, the old code works against the expanded schema.",
        "You can roll back until the end of step 7.",
        "Until the end of step 7, everything can be reverted.",
        "Reversible until completion of step 7.",
    ] {
        case(sentence, About::Anything, Some(&step("7")));
    }
}

#[test]
fn where_undoing_is_spoken_of_what_still_holds_is_enough() {
    for sentence in [
        "Until step 7, both old and new tokens are valid.",
        "Until step 7 is done the old database is untouched.",
        "Until the end of step 7 both tokens are valid.",
        "Until step 7, the old code path is still present, so reverting the runner is enough.",
        "Before step 7 the old key still works, so put the previous value back.",
        "Before step 7 is done you can still stop the migration.",
    ] {
        case(sentence, About::Undoing, Some(&step("7")));
        case(sentence, About::Anything, None);
    }
}

#[test]
fn a_sentence_says_after_which_step_there_is_none() {
    for sentence in [
        "After step 7 there is no way back.",
        "After step 7 (revoke), there is no rollback, only a roll forward.",
        "After Step 7 there is no automatic rollback — restore from a backup.",
        "Once step 7 is done, this cannot be undone.",
        "From step 7 on there is no going back",
        "After step 7 the only way is forward: it says so.",
        "After step 7, rollback is no longer possible.",
        "After step 7, you can no longer roll back the migration.",
        "This cannot be undone after step 7.",
        "There is no way back after step 7 has been carried out.",
        "The deletion cannot be reversed once step 7 is complete.",
        "Redeploy v1, but after step 7 there is no rollback, so do not hurry.",
        "Do not roll back after step 7.",
        "Do not roll back once step 7 is done: the old table is gone.",
        "After step 7, never revert this by hand.",
        "This must not be reverted after the end of step 7.",
    ] {
        case(sentence, About::Anything, Some(&step("7")));
    }
}

#[test]
fn a_step_is_named_as_the_point_of_no_return() {
    for sentence in [
        "Step 7 is the point of no return: publication cannot be undone.",
        "**Point of no return: step 7.**",
        "Point of no return: before step 7",
        "The point of no return is step 7.",
        "⚠️ Point of no return — Step 7",
        "Only then step 7, which is the point of no return.",
        "The Step 7 confirmation is the point of no return for remote writes.",
        "Step 7 is irreversible.",
        "Step 7 (drop the table) cannot be undone.",
    ] {
        case(sentence, About::Anything, Some(&step("7")));
    }
}

#[test]
fn the_step_before_may_be_the_last_one_with_a_way_back() {
    let after = End::StepAfter("5".into());
    for sentence in
        ["Rollback is clean through step 5.", "Up to and including step 5 it can be rolled back."]
    {
        case(sentence, About::Anything, Some(&after));
    }
}

#[test]
fn a_sentence_says_that_it_stands_at_the_point() {
    for sentence in [
        "Point of no return",
        "POINT OF NO RETURN!",
        "Point of no return: pushing the tag publishes.",
        "Warning: point of no return.",
        "This is the point of no return for the columns.",
        "This step is the point of no return.",
        "This step cannot be undone.",
        "PLEASE BE CAREFUL WHEN EXECUTING THIS COMMAND AS IT CANNOT BE UNDONE",
    ] {
        case(sentence, About::Anything, Some(&End::Here));
    }
}

#[test]
fn what_only_looks_like_it_says_nothing() {
    for sentence in [
        "Keep the token until step 7 is written down.",
        "Until step 7 is written down, keep the token.",
        "Until step 7 is written down both tokens stay valid.",
        "Wait until step 3 has finished.",
        "Do not roll back until step 3 is done.",
        "Do not complete steps 3, 4 and 5 before steps 1 and 2 have been completed.",
        "Keep the current token in your own secrets manager until step 7 is done: a rollback needs it.",
        "Never revert before step 3.",
        "Do not roll back until the end of step 3.",
        "Wait until the end of step 3.",
        "Do not roll back after step 3 unless the lead agrees.",
        "Do not revert the four variables after step 3.",
        "After step 3, do not revert the four variables.",
        "After step 3, do not go back to the console.",
        "If step 3 fails, do not roll back.",
        "It cannot be rolled back until step 3.",
        "No rollback is possible until step 3.",
        "Before step 7, there is nothing to roll back — the old project is still serving.",
        "After step 7, revert the four variables and redeploy.",
        "If anything goes wrong after Step 6, rollback is fast.",
        "After step 6, rollback means restoring those commits.",
        "After step 4 no rollback is needed.",
        "After step 4 there is no need to roll back.",
        "After step 4 there is no value to return.",
        "No rollback is needed after step 4.",
        "After step 4, it cannot be reverted by hand, only with the tool.",
        "Irreversible changes are made after step 4 by hand.",
        "Steps 1–3 are reversible.",
        "Until step 7 of the vault runbook, both are valid.",
        "After step 7 of the vault runbook there is no way back.",
        "Step 7 of ours is the point of no return.",
        "After step 5, there is no other file.",
        "After step 5 there is no privileged actor.",
        "Skip step 7.",
        "Set the category before step 7, and expect approval to take a day.",
        "Leave it unset until step 5.",
        "Complete the flow up to step 5.",
        "Even after Step 17 is complete this can take some time.",
        "Point of No Return: None",
        "Point of no return: step <n>, because of what becomes irreversible there",
        "Everything up to step 5 can still ship, and step 6 runs against fixtures.",
        "The only rollback is step 7.",
        "Nothing is written before step 5 and nothing can fail after step 5, there is no third state.",
        "Rollback before step 8 restores the old secret.",
        "After step 8, rollback uses the explicit action of the operator.",
        "Do not proceed past step 5 if the push fails.",
        "This is not the point of no return.",
        "Stop before the point of no return.",
        "If you delete the app, this action cannot be undone.",
        "Step 4 is not irreversible.",
        "Step 4 is reversible.",
        "The step is irreversible only when the flag is set.",
        "From step 3 on the console is used.",
        "Steps 1 to 3 can be skipped.",
    ] {
        case(sentence, About::Anything, None);
        case(sentence, About::Undoing, None);
    }
}

#[test]
fn a_text_falls_into_its_sentences() {
    let found: Vec<_> = sentences("Until step 3.2, a; b. C! Done").collect();
    assert_eq!(found, ["Until step 3.2, a;", "b.", "C!", "Done"]);
}
