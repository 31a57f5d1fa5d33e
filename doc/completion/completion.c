/*
 * Writes what shells need to complete tiny's command line, from the program's own
 * tables: completion bash|zsh|fish. `completion table` writes the options one a line,
 * which tests hold the manual against. A program of the build (make completions),
 * never a part of tiny.
 */
#include "items.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

/* Puts text between single quotes of its own, with a backslash before each of `marks`;
 * what shells take for the quote itself is `quote`. */
static void put_escaped(const char *text, const char *marks, const char *quote)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputs(quote, stdout);
        } else {
            printf("%s%c", strchr(marks, *text) != NULL ? "\\" : "", *text);
        }
    }
}

/* ---- bash ---------------------------------------------------------------- */

static void bash_name(const struct item *it, const char *condition)
{
    (void)condition;
    printf("%s ", it->name);
}

static void bash_value(const struct item *it, const char *condition)
{
    static const char *const calls[] = {
        [KIND_BOOL] = "_tiny_words 'true false'",
        [KIND_FILE] = "_tiny_files -f",
        [KIND_DIR] = "_tiny_files -d",
        [KIND_USER] = "_tiny_reply -u",
        [KIND_GROUP] = "_tiny_reply -g",
        [KIND_OTHER] = "_tiny_other",
    };

    (void)condition;
    if (it->kind == KIND_WORD) {
        printf("    %s) _tiny_words '%s' ;;\n", it->name, it->words);
    } else if (it->kind == KIND_BEGIN) {
        printf("    %s) _tiny_begin '%s' ;;\n", it->name, it->words);
    } else if (it->kind != KIND_NONE) {
        printf("    %s) %s ;;\n", it->name, calls[it->kind]);
    }
}

static const char bash_head[] =
    "# bash completion for tiny, made of its option table: make completions\n"
    "_tiny_reply() { mapfile -t COMPREPLY < <(compgen \"$@\" -P \"$stem\" -- \"$cur\"); }\n"
    "_tiny_words() { _tiny_reply -W \"$1\"; }\n"
    "_tiny_begin() { _tiny_words \"$1\"; compopt -o nospace 2> /dev/null; }\n"
    "_tiny_files() { _tiny_reply \"$1\"; compopt -o filenames 2> /dev/null; }\n"
    "# NAME=FILE, and else nothing that could be guessed\n"
    "_tiny_other() { [[ $break == '=' && $before != -* ]] && _tiny_files -f; }\n\n";

static const char bash_body[] =
    "_tiny()\n{\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local command=${COMP_WORDS[1]} before='' break='' stem=''\n\n"
    "    COMPREPLY=()\n"
    "    # --key=value comes in three words, where readline breaks words at =, and file:PATH\n"
    "    # likewise; in one where it does not.\n"
    "    if [[ $cur == [=:] ]]; then\n"
    "        break=$cur before=$option cur=''\n"
    "    elif [[ $option == [=:] && $COMP_CWORD -ge 2 ]]; then\n"
    "        break=$option before=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    elif [[ $cur == --*=* ]]; then\n"
    "        before=${cur%%=*} break='=' stem=${cur%%=*}= cur=${cur#*=}\n"
    "    fi\n"
    "    if [[ $break == : ]]; then\n"
    "        [[ $before == file ]] && _tiny_files -f\n"
    "        return\n"
    "    fi\n"
    "    if [[ $break == '=' ]]; then\n"
    "        option=$before\n"
    "        [[ $before == -* ]] || { _tiny_other; return; }\n"
    "    fi\n";

static const char bash_tail[] = "    if [[ -z $break && $cur == -* ]]; then\n"
                                "        _tiny_words \"$(_tiny_options)\"\n"
                                "        return\n"
                                "    fi\n"
                                "    _tiny_value && return\n"
                                "    if [[ $COMP_CWORD -eq 1 ]]; then\n"
                                "        _tiny_words \"$(_tiny_commands) $(_tiny_options)\"\n"
                                "    elif [[ -z $break ]]; then\n"
                                "        _tiny_words \"$(_tiny_options)\"\n"
                                "    fi\n"
                                "}\n"
                                "complete -F _tiny tiny\n";

static void write_bash(void)
{
    fputs(bash_head, stdout);
    fputs("_tiny_commands() { echo '", stdout);
    for (size_t i = 0; i < commands_len; i++) {
        printf("%s ", commands[i].name);
    }
    fputs("'; }\n\n_tiny_options()\n{\n    case $command in\n", stdout);
    for (size_t i = 0; i < commands_len; i++) {
        printf("    %s) echo '", commands[i].name);
        each_flag(bash_name, &commands[i], "");
        fputs(commands[i].options ? "' ;;&\n" : "' ;;\n", stdout);
    }
    fputs("    *) echo '", stdout);
    each_option(bash_name, "");
    fputs("' ;;\n    esac\n}\n\n# False when $option takes no value.\n_tiny_value()\n{\n"
          "    local known=yes\n\n",
          stdout);
    for (size_t i = 0; i < commands_len; i++) {
        printf("    if [[ $command == %s ]]; then\n    case $option in\n", commands[i].name);
        each_flag(bash_value, &commands[i], "");
        printf("    *) %s ;;\n    esac\n    [[ -n $known ]] && return 0\n    fi\n",
               commands[i].options ? "known=''" : "return 1");
    }
    fputs("    case $option in\n", stdout);
    each_option(bash_value, "");
    fputs("    *) return 1 ;;\n    esac\n    return 0\n}\n\n", stdout);
    fputs(bash_body, stdout);
    fputs(bash_tail, stdout);
}

/* ---- zsh ----------------------------------------------------------------- */

static void zsh_action(const struct item *it)
{
    switch (it->kind) {
    case KIND_FILE:
        fputs("_files", stdout);
        break;
    case KIND_DIR:
        fputs("_files -/", stdout);
        break;
    case KIND_USER:
        fputs("_users", stdout);
        break;
    case KIND_GROUP:
        fputs("_groups", stdout);
        break;
    case KIND_BEGIN:
        fputs("_tiny_begin ", stdout);
        put_escaped(it->words, ":", "");
        break;
    case KIND_BOOL:
    case KIND_WORD:
        printf("(%s)", it->words);
        break;
    default:
        fputs(strchr(it->what, '=') != NULL ? "_tiny_name_file" : " ", stdout);
    }
}

static void zsh_item(const struct item *it, const char *condition)
{
    bool two = strncmp(it->name, "--", 2) == 0;

    (void)condition;
    printf("        '%s%s%s[", it->repeats ? "*" : "", it->name,
           two && it->kind != KIND_NONE ? "=" : "");
    put_escaped(it->help, "[]\\", "'\\''");
    fputs("]", stdout);
    if (it->kind != KIND_NONE) {
        fputs(it->kind == KIND_BOOL ? "::" : ":", stdout);
        put_escaped(it->what, "[]\\:", "'\\''");
        fputs(":", stdout);
        zsh_action(it);
    }
    fputs("'\n", stdout);
}

static void write_zsh(void)
{
    fputs(
        "#compdef tiny\n"
        "# zsh completion for tiny, made of its option table: make completions\n\n"
        "_tiny_begin() {\n"
        "    if compset -P 'file:'; then\n        _files\n    else\n        compadd -S '' \"$@\"\n"
        "    fi\n}\n"
        "_tiny_name_file() {\n    compset -P '*=' && _files\n}\n"
        "_tiny_commands() {\n    local -a commands=(\n",
        stdout);
    for (size_t i = 0; i < commands_len; i++) {
        printf("        '%s:%s'\n", commands[i].name, commands[i].help);
    }
    fputs("    )\n    _describe command commands\n}\n\n_tiny() {\n    local -a specs\n    case "
          "$words[2] in\n",
          stdout);
    for (size_t i = 0; i < commands_len; i++) {
        printf("    %s)\n        specs=(\n", commands[i].name);
        each_flag(zsh_item, &commands[i], "");
        fputs("        )\n", stdout);
        if (!commands[i].options) {
            fputs("        _arguments $specs '1:command:_tiny_commands'\n        return\n", stdout);
        }
        fputs("        ;;\n", stdout);
    }
    fputs("    esac\n    specs+=(\n", stdout);
    each_option(zsh_item, "");
    fputs("    )\n    _arguments $specs '1:command:_tiny_commands'\n}\n\n"
          "if [ \"$funcstack[1]\" = _tiny ]; then\n    _tiny \"$@\"\nelse\n    compdef _tiny "
          "tiny\nfi\n",
          stdout);
}

/* ---- fish ---------------------------------------------------------------- */

static void fish_item(const struct item *it, const char *condition)
{
    static const char *const values[] = {
        [KIND_NONE] = "",
        [KIND_BOOL] = " -a 'true false'",
        [KIND_WORD] = " -x",
        [KIND_BEGIN] = " -x",
        [KIND_FILE] = " -r -F",
        [KIND_DIR] = " -x -a '(__fish_complete_directories)'",
        [KIND_USER] = " -x -a '(__fish_complete_users)'",
        [KIND_GROUP] = " -x -a '(__fish_complete_groups)'",
        [KIND_OTHER] = " -x",
    };
    const char *name = it->name + (it->name[1] == '-' ? 2 : 1);
    const char *style = it->name[1] == '-' ? "-l" : "-o"; /* -t and -4 do not go together as -t4 */

    printf("complete -c tiny -n '%s' %s %s%s", condition, style, name, values[it->kind]);
    if (it->kind == KIND_WORD || it->kind == KIND_BEGIN) {
        printf(" -a '%s'", it->words);
    }
    fputs(" -d '", stdout);
    put_escaped(it->help, "\\", "\\'");
    fputs("'\n", stdout);
}

static void write_fish(void)
{
    char condition[64];

    fputs("# fish completion for tiny, made of its option table: make completions\n"
          "function __tiny_command\n"
          "    set -l words (commandline -opc)\n"
          "    test (count $words) -ge 2; and test \"$words[2]\" = $argv[1]\n"
          "end\n"
          "function __tiny_options\n",
          stdout);
    for (size_t i = 0; i < commands_len; i++) {
        if (!commands[i].options) {
            printf("    __tiny_command %s; and return 1\n", commands[i].name);
        }
    }
    fputs("    return 0\nend\n"
          "function __tiny_first\n    test (count (commandline -opc)) -eq 1\nend\n"
          "complete -c tiny -f\n",
          stdout);
    for (size_t i = 0; i < commands_len; i++) {
        struct text t = text_over(condition, sizeof condition);

        printf("complete -c tiny -n __tiny_first -a %s -d '%s'\n", commands[i].name,
               commands[i].help);
        text_addf(&t, "__tiny_command %s", commands[i].name);
        each_flag(fish_item, &commands[i], condition);
    }
    each_option(fish_item, "__tiny_options");
}

/* ---- the table ----------------------------------------------------------- */

static void put_bound(uint32_t value, uint32_t second)
{
    static const struct {
        uint32_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};

    if (second == 0 || value == 0) {
        printf("%u", (unsigned)value);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (value % (units[i].seconds * second) == 0) {
            printf("%u%c", (unsigned)(value / (units[i].seconds * second)), units[i].unit);
            return;
        }
    }
    printf("%ums", (unsigned)value);
}

/* Key, type, default, least, greatest, words; between tabs. */
static void write_table(void)
{
    static const char *const types[] = {"text", "secret", "boolean", "number", "time",
                                        "time", "choice", "list",    "list",   "list"};

    for (size_t i = 0; i < option_table_len; i++) {
        const struct option *o = &option_table[i];
        /* One called N takes a few numbers, and its help says which. */
        bool bounded = (o->type == OPTION_NUMBER && strcmp(option_argument(o), "N") != 0) ||
                       o->type == OPTION_MS || o->type == OPTION_S;
        uint32_t second = o->type == OPTION_MS ? 1000 : o->type == OPTION_S ? 1 : 0;
        struct item it;

        item_of_option(&it, o);
        printf("%s\t%s\t%s\t", option_key(o), types[o->type], option_fallback(o));
        if (bounded) {
            put_bound(o->min, second);
            fputs("\t", stdout);
            put_bound(o->max, second);
        } else {
            fputs("\t", stdout);
        }
        printf("\t%s\n", o->type == OPTION_CHOICE ? it.words : "");
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*write)(void);
    } forms[] = {
        {"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}, {"table", write_table}};

    for (size_t i = 0; argc == 2 && i < ARRAY_LEN(forms); i++) {
        if (strcmp(argv[1], forms[i].name) == 0) {
            forms[i].write();
            return fflush(stdout) == 0 ? 0 : 1;
        }
    }
    fputs("usage: completion bash|zsh|fish|table\n", stderr);
    return 2;
}
